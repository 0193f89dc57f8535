import Testing
import Tweets

@Suite("Durations and sizes as people say them")
struct ForPeopleTests {
    @Test(
        "durations",
        arguments: [
            (Duration.zero, "0 s"), (.milliseconds(250), "250 ms"), (.seconds(5), "5 s"),
            (.milliseconds(1550), "1.5 s"),
            (.milliseconds(16040), "16 s"), (.seconds(60), "1 min"), (.seconds(160), "2 min 40 s"),
            (.seconds(3900), "1 h 5 min"), (.seconds(3605), "1 h"), (.seconds(266_400), "3 d 2 h"),
            (.seconds(-5), "-5 s"),
        ]
    )
    func durations(duration: Duration, text: String) {
        #expect(duration.forPeople == text)
    }

    @Test(
        "sizes",
        arguments: [
            (Int64(0), "0 B"), (1023, "1023 B"), (65536, "64 KiB"), (26_738_688, "25.5 MiB"), (268_435_456, "256 MiB"),
            (268_435_455, "255 MiB"), (2 << 30, "2 GiB"),
        ]
    )
    func sizes(bytes: Int64, text: String) {
        #expect(ByteCount.forPeople(bytes) == text)
    }
}
