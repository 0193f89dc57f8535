import Testing

@testable import Tweets

@Suite("The dh header")
struct RecordHeaderTests {
    private func parse(_ text: String) -> RecordHeader? {
        Array(text.utf8).withUnsafeBytes { RecordHeader($0) }
    }

    @Test("reads back what it writes, with and without a job")
    func roundTrip() {
        for job in [nil, "j1"] as [String?] {
            for source in RecordHeader.Source.allCases {
                let header = RecordHeader(connection: "a", partition: 2, source: source, session: "s-1", job: job)
                #expect(parse(header.text) == header)
                #expect(parse(header.text + " future=x") == header)
                var received = header
                received.receivedAt = Instant(milliseconds: 1_234_567)
                #expect(received.text == header.text + " r=1234567")
                #expect(parse(received.text) == received)
            }
        }
        #expect(
            RecordHeader(connection: "a", partition: 1, source: .live, session: "n1").text == "c=a p=1 s=live n=n1"
        )
    }

    @Test("is nothing without a known source", arguments: ["", "c=a", "s=", "s=lively", "=", "s", " "])
    func refused(text: String) {
        #expect(parse(text) == nil)
    }
}
