import Foundation
import Testing
import Tweets

@testable import Services

@Suite("A line of tail")
struct TweetLineTests {
    /// 2026-11-23T20:45:01.250Z.
    private static let createdAt = Instant(milliseconds: 1_795_466_701_250)

    private func line(id: String, value: String?, header: String?) -> TweetLine {
        func bytes<Result>(_ text: String?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
            guard let text else { return body(nil) }
            return Array(text.utf8).withUnsafeBytes(body)
        }
        return bytes(id) { key in
            bytes(value) { value in
                bytes(header) { TweetLine(key: key, value: value, header: $0, partition: 3, offset: 17) }
            }
        }
    }

    private var id: String { TweetID(earliestAt: Self.createdAt).description }

    @Test("tells time, ID, connection and lag")
    func tweet() throws {
        let received = Self.createdAt + .milliseconds(1750)
        let header = "c=a p=1 s=live n=x r=\(received.milliseconds)"
        let line = line(id: id, value: "{}", header: header)
        #expect(
            line.text.split(separator: " ").map(String.init) == [
                "20:45:03.000", id, "a", "1.750s", "2026-11-23T20:45:01.250Z",
            ]
        )
        let fields = try JSONSerialization.jsonObject(with: Data(line.json.utf8)) as? [String: Any]
        #expect(fields?["id"] as? String == id)
        #expect(fields?["lagSeconds"] as? Double == 1.75)
        #expect(fields?["connection"] as? String == "a")
        #expect(fields?["deleted"] as? Bool == false)
        #expect(fields?["offset"] as? Int == 17)
        #expect(!line.json.contains("\n"))
    }

    @Test("tells how it came where it did not come live, and that it was deleted")
    func others() {
        let recovered = line(id: id, value: "{}", header: "s=recovery n=x j=j1 r=1795470301250")
        #expect(recovered.text.contains(" recovery "))
        #expect(recovered.text.contains(" 1h00m "))
        #expect(recovered.job == "j1")
        let deleted = line(id: id, value: nil, header: "c=b p=1 s=live n=x r=1795466701000")
        #expect(deleted.isDelete && deleted.text.contains(" deleted "))
        let early = line(id: id, value: "{}", header: "c=b p=1 s=live n=x r=1795466701000")
        #expect(early.text.contains(" -0.250s "))
        let bare = line(id: "20", value: "{}", header: nil)
        #expect(bare.createdAt == nil && bare.text.contains("before snowflakes"))
        #expect(bare.text.hasPrefix("-  "))
    }
}
