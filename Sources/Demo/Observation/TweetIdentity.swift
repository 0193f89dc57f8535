import FoundationEssentials

/// Reads the ID out of a Tweet with a full JSON parser: a second opinion on the key that the bridge chose.
enum TweetIdentity {
    private struct Probe: Decodable {
        struct Inner: Decodable {
            var id: String?
        }

        var id_str: String?
        var data: Inner?
    }

    private struct ActivityProbe: Decodable {
        var id: String?
        var verb: String?
    }

    /// The number that names the Tweet, in any of the three shapes; nil where there is none.
    static func id(in bytes: UnsafeRawBufferPointer) -> UInt64? {
        let data = Data(bytes)
        let decoder = JSONDecoder()
        if let probe = try? decoder.decode(Probe.self, from: data) {
            if let text = probe.id_str ?? probe.data?.id { return UInt64(text) }
        }
        guard let activity = try? decoder.decode(ActivityProbe.self, from: data), activity.verb != nil else {
            return nil
        }
        return activity.id?.split(separator: ":").last.flatMap { UInt64($0) }
    }
}
