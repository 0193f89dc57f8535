/// What a client sends, out of a fuzzer's bytes, which hold no secret and are short.
///
/// Three bytes mean something else than themselves: 0 ends a read; 1, a byte and a count stand for that byte, 512 times the
/// count; behind 2 a byte is itself. Where a line is the header with the public stand-in for the token, the token takes
/// its place: so an answer that holds the token cannot have it from the client.
struct ClientBytes {
    /// As the server reads them.
    private(set) var reads: [[UInt8]] = [[]]
    /// How often the token was sent.
    private(set) var tokens = 0

    static let token = "0c6e7b1f-the-token-that-no-answer-may-hold"
    private static let standIn = Array("\nAuthorization: Bearer TOKEN".utf8)

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        var rest = Array(bytes)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0: reads.append([])
            case 1: append([UInt8](repeating: rest.popFirst() ?? 0, count: 512 * Int(rest.popFirst() ?? 1)))
            case 2: append(rest.popFirst().map { [$0] } ?? [])
            default: append([byte])
            }
        }
    }

    private mutating func append(_ bytes: [UInt8]) {
        var read = reads.removeLast()
        read += bytes
        if read.suffix(Self.standIn.count) == Self.standIn[...] {
            read.removeLast("TOKEN".utf8.count)
            read += Array(Self.token.utf8)
            tokens += 1
        }
        reads.append(read)
    }
}
