import Ingest
import Testing

/// A monitor whose session is at its present.
private func present() -> VolumeMonitor {
    var monitor = VolumeMonitor()
    _ = monitor.second(tweets: 100, older: 0)
    return monitor
}

@Suite("The volume of a connection")
struct VolumeMonitorTests {
    @Test("a fall below half of the usual volume is seen within the present, and its end too")
    func fall() {
        var monitor = present()
        for _ in 0..<300 { _ = monitor.second(tweets: 100, older: 0) }
        #expect(monitor.second(tweets: 100, older: 0) == .usual)
        var verdicts: [VolumeMonitor.Verdict] = []
        for _ in 0..<30 { verdicts.append(monitor.second(tweets: 40, older: 0)) }
        guard case .fallen(let present, let usual)? = verdicts.last else {
            Issue.record("no fall in \(verdicts)")
            return
        }
        #expect(present == 40)
        #expect(usual > 90)
        for _ in 0..<30 { _ = monitor.second(tweets: 100, older: 0) }
        #expect(monitor.second(tweets: 100, older: 0) == .usual)
    }

    @Test("a rise, a slow evening, and a volume too small to judge are no falls")
    func noFall() {
        var rising = present()
        var evening = present()
        var small = present()
        for second in 0..<3000 {
            for verdict in [
                rising.second(tweets: second < 1000 ? 100 : 900, older: 0),
                evening.second(tweets: 200 - second / 30, older: 0),
                small.second(tweets: second % 7 == 0 ? 3 : 0, older: 0),
            ] {
                #expect(verdict == .usual || verdict == .learning)
            }
        }
    }

    @Test("a fall that lasts becomes the usual volume")
    func lasting() {
        var monitor = present()
        for _ in 0..<300 { _ = monitor.second(tweets: 100, older: 0) }
        for _ in 0..<(VolumeMonitor.acceptAfterSeconds + 60) { _ = monitor.second(tweets: 20, older: 0) }
        #expect(monitor.second(tweets: 20, older: 0) == .usual)
    }

    @Test("a first backfill of five minutes at twenty times the rate is not taken for the usual volume")
    func firstBackfill() {
        var monitor = VolumeMonitor()
        for _ in 0..<15 {
            let verdict = monitor.second(tweets: 2000, older: 2000)
            #expect(verdict == .catchingUp)
        }
        // The second in which the backfill ends holds both.
        let last = monitor.second(tweets: 1500, older: 1400)
        #expect(last == .catchingUp)
        var verdicts: Set<VolumeMonitor.Verdict> = []
        for _ in 0..<600 { verdicts.insert(monitor.second(tweets: 100, older: 1)) }
        #expect(verdicts == [.catchingUp, .learning, .usual])
    }

    @Test("a reconnect, with backfill or with thin first seconds, changes nothing of what is usual")
    func reconnect() {
        for opening in [Array(repeating: (2000, 2000), count: 20), [(0, 0), (0, 0), (3, 3), (20, 18), (60, 30)]] {
            var monitor = present()
            for _ in 0..<300 { _ = monitor.second(tweets: 100, older: 0) }
            monitor.sessionBegan()
            for (tweets, older) in opening {
                let verdict = monitor.second(tweets: tweets, older: older)
                #expect(verdict == .catchingUp)
            }
            _ = monitor.second(tweets: 100, older: 0)
            for _ in 0..<60 {
                let verdict = monitor.second(tweets: 100, older: 0)
                #expect(verdict == .usual)
            }
            // The usual is still 100: 45 is a fall, which it would not be if the thin seconds had been learned.
            var verdict = VolumeMonitor.Verdict.usual
            for _ in 0..<RateWindow.seconds { verdict = monitor.second(tweets: 45, older: 0) }
            guard case .fallen(_, let usual) = verdict else {
                Issue.record("\(verdict)")
                continue
            }
            #expect((95...105).contains(usual))
        }
    }

    @Test("a stream that lags for ever is judged by what it brings")
    func lagging() {
        var monitor = VolumeMonitor()
        for _ in 0..<VolumeMonitor.catchUpSecondsMax { _ = monitor.second(tweets: 100, older: 100) }
        #expect(monitor.second(tweets: 100, older: 100) == .learning)
    }
}
