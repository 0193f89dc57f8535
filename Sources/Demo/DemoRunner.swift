import FoundationEssentials
import Glibc
import Kafka
import Operations
import Tweets

/// Plays the demonstration: starts every process, kills some, watches the topics, and compares with the truth.
///
/// It blocks, so it runs on a thread of its own. Nothing of what is tested is linked in: the roles are processes, and
/// what they did is read from Kafka and compared with what the simulated upstream says it sent.
public final class DemoRunner {
    let options: DemoOptions
    let timetable: DemoTimetable
    let troupe: Troupe
    let began = ContinuousClock.now
    let topics: TopicNames

    var upstream: SimulatorClient?
    var observer: TopicObserver?
    var act = DemoAct.steady
    var acts: [DemoReport.Act] = []
    private var story: [String] = []
    private var untold: [String] = []
    private let terminal = TerminalView()
    private let plain = PlainView()
    private var lastPicture: ContinuousClock.Instant?
    private var lastState = ContinuousClock.now

    /// A demonstration to be run once.
    public init(_ options: DemoOptions) {
        self.options = options
        timetable = DemoTimetable(seconds: options.seconds)
        troupe = Troupe(folder: options.folder)
        // On a cluster that others use too, each demonstration has topics of its own.
        topics = TopicNames(
            prefix: options.brokers == nil ? "decahose" : "decahose-demo-\(ProcessInfo.processInfo.processIdentifier)"
        )
    }

    /// Plays all acts.
    ///
    /// - Returns: The report; ``DemoReport/passed`` says whether it is good.
    /// - Throws: ``ExitError`` where a process could not be started or gave up, or the demonstration was stopped.
    public func run() throws -> DemoReport {
        if options.isLive { terminal.begin() }
        defer {
            if options.isLive { terminal.end() }
            troupe.stopAll(foundation: ["broker", "upstream"], within: .seconds(10))
        }
        let window = try startEverything()
        try playSteady()
        try playOneBridgeDead()
        try playBackfill()
        try playBothBridgesDead()
        try playDeletes()
        return try compare(from: window)
    }

    /// Tells a line of the story.
    func tell(_ line: String) {
        let stamped = "\(WallClock.now().clock) \(line)"
        story.append(stamped)
        untold.append(stamped)
    }

    /// Keeps everything going for a while.
    func wait(_ duration: Duration) throws {
        _ = try wait(atMost: duration) { false }
    }

    /// Keeps everything going until something is true.
    ///
    /// - Returns: Whether it came true in time.
    func wait(atMost limit: Duration, until isTrue: () throws -> Bool) throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while true {
            if try isTrue() { return true }
            if ContinuousClock.now >= deadline { return false }
            try pump()
        }
    }

    /// Ends an act with what was seen in it.
    func endAct(_ act: DemoAct, happened: Bool, _ detail: String) {
        acts.append(DemoReport.Act(act: act, happened: happened, detail: detail))
        tell((happened ? "seen: " : "NOT SEEN: ") + detail)
    }

    private func pump() throws {
        if options.isStopped() { throw ExitError(.findings, "The demonstration was stopped.") }
        if let observer {
            for line in try observer.poll() { tell(line) }
        } else {
            usleep(20000)
        }
        for line in try troupe.superviseOnce() { tell(line) }
        show()
    }

    private func show() {
        let now = ContinuousClock.now
        if options.isLive {
            guard lastPicture.map({ now - $0 >= .milliseconds(250) }) ?? true else { return }
            lastPicture = now
            terminal.draw(scene())
        } else {
            plain.tell(untold)
            if now - lastState >= .seconds(5) {
                lastState = now
                plain.state(scene())
            }
        }
        untold = []
    }

    private func scene() -> DemoScene {
        let observer = observer
        let now = WallClock.now().milliseconds / 1000
        let seconds = (now - 64)...now
        let coverage = ["a", "b"].map { name in
            let tally = observer?.raw.connections[name]
            return (
                "bridge \(name)",
                CoverageStrip.cells(
                    seconds,
                    live: tally?.tweetsBySecond ?? [:],
                    backfill: tally?.backfillBySecond ?? [:]
                )
            )
        }
        let recovery = ("recovery", CoverageStrip.recoveryCells(seconds, observer?.raw.recoveredBySecond ?? [:]))
        return DemoScene(
            actNumber: (DemoAct.allCases.firstIndex(of: act) ?? 0) + 1,
            actTitle: act.title,
            elapsed: .now - began,
            expected: timetable.total,
            performers: performers(),
            copies: observer?.raw.copies ?? 0,
            tweets: observer?.deliveries.tweets ?? 0,
            tombstones: observer?.deliveries.tombstones ?? 0,
            openGaps: observer?.control.openGaps.map {
                "\($0.stream) \($0.interval.from.clock)–\($0.interval.to.clock) \($0.state)"
            } ?? [],
            coverage: coverage + [recovery],
            story: story.suffix(8)
        )
    }

    private func performers() -> [DemoScene.Performer] {
        troupe.names.map { name in
            let process = troupe.process(name)
            return DemoScene.Performer(
                name: name,
                processIdentifier: process?.identifier,
                isRunning: troupe.isRunning(name),
                detail: detail(of: name)
            )
        }
    }

    private func detail(of name: String) -> String {
        guard let observer else { return "" }
        switch name {
        case "bridge a", "bridge b":
            let tally = observer.raw.connections[String(name.suffix(1))]
            let backfill = tally?.backfill ?? 0
            return "\(grouped(tally?.live ?? 0)) live" + (backfill > 0 ? ", \(grouped(backfill)) by backfill" : "")
        case "dedup":
            return "\(grouped(max(0, observer.raw.copies - observer.deliveries.tweets))) duplicates removed"
        case "coordinator":
            let jobs = observer.control.jobs.count
            return "\(observer.control.gaps.count) gap(s) found, \(jobs) job(s)"
        default: return ""
        }
    }
}
