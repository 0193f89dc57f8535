import StreamClient

/// The beginning of an error answer's body, for the message to people.
struct ErrorBody {
    /// How much is kept, in bytes.
    static let bytesMax = 4096

    private var bytes: [UInt8] = []

    mutating func append(_ piece: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: piece.prefix(Self.bytesMax - bytes.count))
    }

    /// One line of text, inflated where the server compressed it, without the secrets of the request: some servers
    /// repeat what they refuse.
    func text(isGzip: Bool, without secrets: SecretTexts) -> String {
        var plain = bytes
        if isGzip {
            var inflater = Inflater()
            plain = []
            _ = bytes.withUnsafeBytes { bytes in
                try? inflater.inflate(bytes) { piece in
                    plain.append(contentsOf: piece.prefix(Self.bytesMax - plain.count))
                    return plain.count < Self.bytesMax
                }
            }
        }
        let line = String(decoding: plain, as: UTF8.self).split(whereSeparator: \.isNewline).joined(separator: " ")
        return String(secrets.removed(from: line).prefix(500))
    }
}
