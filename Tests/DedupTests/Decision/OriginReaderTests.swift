import Testing
import Tweets

@testable import Dedup

@Suite("The origin of a copy")
struct OriginReaderTests {
    private func origin(_ reader: inout OriginReader, _ text: String) -> CopyOrigin {
        Array(text.utf8).withUnsafeBytes { reader.origin(of: $0) }
    }

    @Test("is read from the provenance header, each connection with a bit of its own")
    func fields() {
        var reader = OriginReader()
        let a = origin(&reader, "c=a p=2 s=live n=x")
        #expect(a == CopyOrigin(source: .live, connection: 1, stream: 2))
        let b = origin(&reader, "c=b p=1 s=backfill n=y")
        #expect(b == CopyOrigin(source: .backfill, connection: 2, stream: 1))
        #expect(origin(&reader, "c=a p=2 s=live n=x") == a)
        #expect(origin(&reader, "s=recovery j=7") == CopyOrigin(source: .recovery, connection: 0, stream: 0))
        #expect(origin(&reader, "s=dedup").isOwn)
        #expect(reader.names(of: 3) == "a+b")
        #expect(reader.origin(of: nil) == .unknown)
        for junk in ["", "=", "s=", "s=nonsense", "\u{0}\u{1}"] { #expect(origin(&reader, junk) == .unknown) }
    }

    @Test("a ninth connection has no bit, and is known to have been there")
    func ninth() {
        var reader = OriginReader()
        for number in 1...8 { _ = origin(&reader, "c=\(number) p=1 s=live n=x") }
        #expect(!reader.hasOverflowed)
        #expect(origin(&reader, "c=9 p=1 s=live n=x").connection == 0)
        #expect(reader.hasOverflowed)
        #expect(reader.names(of: 0xFF) == "1+2+3+4+5+6+7+8")
    }

    @Test("more sessions than are remembered are still read right")
    func sessions() {
        var reader = OriginReader()
        for round in 0..<3 {
            for session in 0..<100 {
                let found = origin(&reader, "c=\(session % 4) p=\(session % 7) s=live n=\(session)")
                #expect(found.stream == session % 7, "round \(round)")
                #expect(found.connection == 1 << UInt8(session % 4), "round \(round)")
            }
        }
    }
}
