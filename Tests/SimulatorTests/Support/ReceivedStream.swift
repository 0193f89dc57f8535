import Foundation
import StreamClient

/// What a client has read of one answer.
struct ReceivedStream: Sendable {
    var status = 0
    var headers: [String: String] = [:]
    /// The body as it was on the wire, without the marks of its chunks.
    var wire: [UInt8] = []
    /// The body inflated.
    private(set) var plain: [UInt8] = []
    /// How many lines ended, heartbeats among them.
    private(set) var lineCount = 0
    /// How many of them were empty.
    private(set) var heartbeats = 0
    /// How many HTTP chunks came.
    var chunks = 0
    /// Whether the answer ended as HTTP wants it.
    var endedCleanly = false
    /// Whether the server closed the connection.
    var closed = false
    /// Whether the bytes so far end inside a gzip member.
    var isInsideMember = false
    /// The greatest time without a byte, in seconds.
    var longestSilence = 0.0

    /// Where the line that has not ended yet begins.
    private var lineStart = 0

    mutating func append(plain bytes: UnsafeRawBufferPointer) {
        let before = plain.count
        plain.append(contentsOf: bytes)
        var from = max(lineStart, before - 1)
        while let end = plain[from...].firstIndex(of: 0x0A) {
            from = end + 1
            guard end > 0, plain[end - 1] == 0x0D else { continue }
            lineCount += 1
            if end - 1 == lineStart { heartbeats += 1 }
            lineStart = end + 1
        }
    }

    /// The lines that were ended, heartbeats as empty ones.
    var lines: [String] {
        var lines = String(decoding: plain, as: UTF8.self).components(separatedBy: "\r\n")
        lines.removeLast()
        return lines
    }

    var objects: [[String: Any]] {
        lines.compactMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
    }

    /// The Tweets' IDs, in the order in which they came.
    var tweetIDs: [String] {
        objects.compactMap { object in
            if let id = object["id_str"] as? String { return id }
            if let id = (object["data"] as? [String: Any])?["id"] as? String { return id }
            guard object["verb"] as? String != "delete", let tag = object["id"] as? String else { return nil }
            return tag.split(separator: ":").last.map(String.init)
        }
    }

    var deletedIDs: [String] {
        objects.compactMap { object in
            if let status = (object["delete"] as? [String: Any])?["status"] as? [String: Any] {
                return status["id_str"] as? String
            }
            let delete = (object["data"] as? [String: Any])?["delete"] as? [String: Any]
            return (delete?["tweet"] as? [String: Any])?["id"] as? String
        }
    }
}
