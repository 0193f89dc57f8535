extension TweetTemplate {
    /// Makes a template of a real payload: the Tweet's own ID, wherever it stands, and its times become slots.
    ///
    /// IDs of what is nested are left as they are, and so are the times of users and of other Tweets.
    ///
    /// - Parameter payload: One line; its end may be there or not.
    /// - Returns: nil where the line is no Tweet in any of the three shapes.
    public init?(payload: [UInt8]) {
        guard var fields = TopLevelFields(payload) else { return nil }
        var prefix = ""
        var id = fields.text("id_str")
        if id == nil, let tag = fields.text("id"), let colon = tag.lastIndex(of: ":") {
            id = String(tag[tag.index(after: colon)...])
        }
        if id == nil, let data = fields.object("data"), let inner = TopLevelFields(data) {
            id = inner.text("id")
            fields = inner
            prefix = "data."
        }
        guard let id, id.utf8.count >= 5, id.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        var replacements: [(text: [UInt8], slot: TemplateSlot)] = [(Array(id.utf8), .id)]
        if let time = fields.text("created_at") {
            let isISO = time.utf8.contains(UInt8(ascii: "T")) && time.hasSuffix("Z")
            replacements.append((Self.quoted(time), isISO ? .isoTime : .nativeTime))
        }
        if prefix.isEmpty, let time = fields.text("postedTime") { replacements.append((Self.quoted(time), .isoTime)) }
        if let time = fields.text("timestamp_ms") { replacements.append((Self.quoted(time), .milliseconds)) }
        self.init(text: Self.replacing(replacements, in: payload))
    }

    private static func quoted(_ text: String) -> [UInt8] { Array("\"\(text)\"".utf8) }

    /// Puts marks where the texts stand; digits count only as a whole number.
    private static func replacing(_ replacements: [(text: [UInt8], slot: TemplateSlot)], in payload: [UInt8]) -> [UInt8]
    {
        var output: [UInt8] = []
        output.reserveCapacity(payload.count)
        var index = 0
        let end = payload.lastIndex { $0 != 0x0A && $0 != 0x0D }.map { $0 + 1 } ?? 0
        scan: while index < end {
            for (text, slot) in replacements where payload[index] == text[0] && index + text.count <= end {
                guard payload[index..<index + text.count].elementsEqual(text) else { continue }
                if slot == .id {
                    let before = index > 0 && isDigit(payload[index - 1])
                    let after = index + text.count < end && isDigit(payload[index + text.count])
                    guard !before, !after else { continue }
                    output += Array(String(slot.mark).utf8)
                } else {
                    output += Array("\"\(slot.mark)\"".utf8)
                }
                index += text.count
                continue scan
            }
            output.append(payload[index])
            index += 1
        }
        return output
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

extension TweetShape {
    /// The shape of a real payload; nil where the line is no Tweet.
    public init?(payload: [UInt8]) {
        guard let fields = TopLevelFields(payload) else { return nil }
        if fields.text("id_str") != nil {
            self = .native
        } else if fields.text("id") != nil {
            self = .activityStreams
        } else if fields.object("data") != nil {
            self = .v2
        } else {
            return nil
        }
    }
}
