import Ingest
import Tweets
import World

/// The simulated X: what exists, what each redundant connection gets and when, and what recovery has.
///
/// It knows the truth, and what of it was really delivered and acknowledged, which is what every invariant is judged by.
final class Upstream {
    /// A Tweet and its fate.
    struct Tweet {
        var id: UInt64
        /// Milliseconds of the simulation.
        var created: Int64
        var size = UpstreamLines.Size.usual
        /// When it is deleted; negative for never.
        var deleted: Int64 = -1
        /// The connections, a bit each, that never get it.
        var withheldFrom: UInt8 = 0
        /// The connections, a bit each, whose bridge was told that it is in its topic.
        var acknowledgedBy: UInt8 = 0
        /// Whether a recovery request was told so.
        var isRecovered = false
        /// Whether a delete of it was acknowledged in raw.
        var isDeleteAcknowledged = false
    }

    /// A message to a connection: a Tweet's place, and whether it is its delete.
    struct Message {
        var tweet: Int32
        var isDelete: Bool
    }

    /// Messages arrive in lots of this many milliseconds.
    static let lot: Int64 = 500
    /// Lots older than this are forgotten, as no backfill reaches them.
    static let lotsKept = 800

    let world: World
    let plan: SimulationPlan
    private(set) var tweets: [[Tweet]] = Array(repeating: [], count: SimulationPlan.streams)
    private(set) var places: [UInt64: (stream: Int, place: Int)] = [:]
    /// By stream and second: the place of the first Tweet of the second or of a later one.
    private var firstOfSecond: [[Int32]] = Array(repeating: [], count: SimulationPlan.streams)
    /// By stream and copy, then by lot.
    private var arrivals: [[[[Message]]]]
    private let lags: [Fault]
    private let withheld: [Fault]
    private let oversize: [Fault]
    /// Open connections by stream, oldest first, as far as the server knows.
    var links: [[UpstreamLink]] = Array(repeating: [], count: SimulationPlan.streams)
    /// The server's clock less the snowflakes'.
    let clockOffset: Int64
    /// Traffic ends here; nothing is tweeted any more.
    var silentFrom = Int64.max

    init(_ plan: SimulationPlan) {
        self.plan = plan
        var options = WorldOptions()
        options.seed = plan.seed
        options.start = SimulationPlan.start
        options.rate = plan.rate * Double(SimulationPlan.streams)
        options.latencyScale = Double(plan.slack.milliseconds) / 120_000
        options.duplicateShare = 0.01
        options.deleteShare = 0.05
        options.deleteDelay = .seconds(20)
        options.editShare = 0
        options.eventShare = 0
        world = World(options)
        let copies = Array(repeating: [[Message]](), count: SimulationPlan.copies)
        arrivals = Array(repeating: copies, count: SimulationPlan.streams)
        lags = plan.faults.filter { $0.kind == .lag && $0.length > 0 }
        withheld = plan.faults.filter { $0.kind == .withheld }
        oversize = plan.faults.filter { $0.kind == .oversize }
        clockOffset = Int64(Dice.mix(plan.seed) % 3000) - 1500
    }

    // MARK: The world goes on

    /// Makes the Tweets of one second more.
    func advance(second: Int64) {
        guard second * 1000 < silentFrom else {
            for stream in 0..<SimulationPlan.streams { firstOfSecond[stream].append(Int32(tweets[stream].count)) }
            return
        }
        for stream in 0..<SimulationPlan.streams {
            firstOfSecond[stream].append(Int32(tweets[stream].count))
            let base = SimulationPlan.start.milliseconds / 1000
            world.forEachTweet(inSecond: base + second, partition: stream + 1) { add($0, stream) }
            let old = Int(second * 1000 / Self.lot) - Self.lotsKept
            guard old >= 0 else { continue }
            for copy in 0..<SimulationPlan.copies {
                for lot in old...old + 1 where lot < arrivals[stream][copy].count { arrivals[stream][copy][lot] = [] }
            }
        }
    }

    private func add(_ id: TweetID, _ stream: Int) {
        guard let createdAt = id.createdAt else { return }
        let created = createdAt.milliseconds - SimulationPlan.start.milliseconds
        let place = tweets[stream].count
        var tweet = Tweet(id: id.rawValue, created: created)
        let chance = Dice.mix(id.rawValue ^ 0x5151)
        if oversize.contains(where: { $0.at <= created && created < $0.end && $0.stream == stream }),
            chance.share < 0.01
        {
            tweet.size = chance & 1 == 0 ? .oversize : .overflow
        }
        let deletion = world.deletion(of: id)
        if let deletion { tweet.deleted = deletion.milliseconds - SimulationPlan.start.milliseconds }
        for copy in 0..<SimulationPlan.copies {
            if isWithheld(id.rawValue, created, stream, copy) { tweet.withheldFrom |= 1 << UInt8(copy) }
            let message = Message(tweet: Int32(place), isDelete: false)
            deliver(message, at: world.arrival(of: id, copy: copy), stream, copy)
            if let again = world.repetition(of: id, copy: copy) { deliver(message, at: again, stream, copy) }
            if let deletion {
                let notice = Message(tweet: Int32(place), isDelete: true)
                deliver(notice, at: world.noticeArrival(of: id, at: deletion, copy: copy), stream, copy)
            }
        }
        places[id.rawValue] = (stream, place)
        tweets[stream].append(tweet)
    }

    private func isWithheld(_ id: UInt64, _ created: Int64, _ stream: Int, _ copy: Int) -> Bool {
        withheld.contains { fault in
            fault.at <= created && created < fault.end && fault.stream == stream && fault.target == copy
                && Dice.mix(id ^ plan.seed ^ UInt64(fault.at)).share < max(0.05, fault.value)
        }
    }

    private func deliver(_ message: Message, at time: Instant, _ stream: Int, _ copy: Int) {
        var arrival = time.milliseconds - SimulationPlan.start.milliseconds
        for lag in lags where lag.stream == stream && (lag.target == 0 || Int(lag.value * 2) == copy) {
            arrival = Self.delayed(arrival, by: lag)
        }
        let lot = Int(arrival / Self.lot)
        let missing = lot + 1 - arrivals[stream][copy].count
        if missing > 0 { arrivals[stream][copy].append(contentsOf: repeatElement([], count: missing)) }
        arrivals[stream][copy][lot].append(message)
    }

    /// A queue: it grows, is emptied at once, and nobody in it overtakes.
    private static func delayed(_ arrival: Int64, by lag: Fault) -> Int64 {
        let height = Int64(lag.value * 300_000)
        if arrival < lag.at || arrival >= lag.end + height { return arrival }
        if arrival < lag.end { return arrival + height * (arrival - lag.at) / lag.length }
        return lag.end + height
    }

    // MARK: For connections

    func messages(lot: Int, stream: Int, copy: Int) -> [Message] {
        lot < arrivals[stream][copy].count ? arrivals[stream][copy][lot] : []
    }

    func tweet(_ message: Message, stream: Int) -> Tweet { tweets[stream][Int(message.tweet)] }

    /// The server's `Date` at a moment: whole seconds.
    func date(at now: Int64) -> Instant {
        (SimulationPlan.start + .milliseconds(now + clockOffset)).alignedDown(to: .seconds(1))
    }

    // MARK: For recovery

    /// The Tweets of a stream partition that were created in an interval and that the archive has by `now`.
    func archive(_ range: EventInterval, stream: Int, now: Int64) -> [Int] {
        let from = range.from.milliseconds - SimulationPlan.start.milliseconds
        let to = range.to.milliseconds - SimulationPlan.start.milliseconds
        let second = max(0, from / 1000)
        guard second < firstOfSecond[stream].count, to > from else { return [] }
        var places: [Int] = []
        var place = Int(firstOfSecond[stream][Int(second)])
        while place < tweets[stream].count, tweets[stream][place].created < to {
            let tweet = tweets[stream][place]
            // It is filled as the Tweets come, and has all of them within a minute.
            if tweet.created >= from, tweet.created + 60_000 <= now { places.append(place) }
            place += 1
        }
        return places
    }

    // MARK: What is told to the truth

    func acknowledged(_ id: TweetID, isDelete: Bool, copy: Int?) {
        guard let (stream, place) = places[id.rawValue] else { return }
        if isDelete {
            tweets[stream][place].isDeleteAcknowledged = true
        } else if let copy {
            tweets[stream][place].acknowledgedBy |= 1 << UInt8(copy)
        } else {
            tweets[stream][place].isRecovered = true
        }
    }
}
