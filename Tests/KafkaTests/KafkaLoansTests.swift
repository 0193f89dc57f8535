import Kafka
import Synchronization
import Testing

@Suite("Memory that records are lent from")
struct KafkaLoansTests {
    @Test("a piece comes back when its writer has gone and every loan is back, in whatever order")
    func order() {
        let loans = KafkaLoans(count: 1, byteCount: 64)
        for lent in 0...3 {
            for early in 0...lent {
                let piece = loans.take()
                #expect(piece?.number == 1)
                #expect(piece?.bytes.count == 64)
                for _ in 0..<early { loans.giveBack(1) }
                #expect(loans.take() == nil)
                loans.retire(1, lent: lent)
                for _ in early..<lent {
                    #expect(loans.take() == nil)
                    loans.giveBack(1)
                }
            }
        }
        #expect(loans.take() != nil)
    }

    @Test("there are as many as were asked for, each somewhere else")
    func count() {
        let loans = KafkaLoans(count: 255, byteCount: 16)
        var starts: Set<UnsafeMutableRawPointer?> = []
        var numbers: Set<Int> = []
        while let piece = loans.take() {
            starts.insert(piece.bytes.baseAddress)
            numbers.insert(piece.number)
        }
        #expect(starts.count == 255)
        #expect(numbers == Set(1...255))
    }

    @Test("a value is sent from where it is, and stays there until its report", arguments: [true, false])
    func lent(isLent: Bool) throws {
        let rig = try MockRig(topics: ["t": 1])
        let producer = try rig.producer()
        let topic = try producer.topic("t", timeout: patience)
        let loans = KafkaLoans(count: 1, byteCount: 64)
        let piece = try #require(loans.take())
        piece.bytes.copyBytes(from: "abcdef".utf8)
        let value = UnsafeRawBufferPointer(rebasing: piece.bytes[2..<5])
        #expect(
            producer.produce(
                to: topic,
                partition: 0,
                key: nil,
                value: value,
                timestampMilliseconds: 0,
                opaque: UInt(piece.number),
                isLent: isLent
            ) == .queued
        )
        var wasInPlace = false
        _ = producer.flush(timeout: patience) { report in
            #expect(report.value.map { String(decoding: $0, as: UTF8.self) } == "cde")
            wasInPlace = report.value?.baseAddress == value.baseAddress
            #expect(report.opaque == 1)
        }
        #expect(wasInPlace == isLent)
    }
}
