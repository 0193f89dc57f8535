import Tweets

/// One day of Tweets: when each was created, and when the server delivers it.
///
/// Most of the day the world sleeps: nobody tweets and nothing fails, which no rule could get wrong. It is awake in a few
/// windows, each with its own rate, latencies and lag. Times are in milliseconds since the day began.
struct ModelWorld {
    /// A stretch of the day in which Tweets flow and connections fail.
    struct Window {
        var from: Int64
        var to: Int64
        /// Tweets a second.
        var rate: Double
        /// When both connections end together, as by a loss of power; nil in most windows.
        var commonCut: Int64?
        /// While Kafka acknowledges nothing to anybody; empty in most windows.
        var stuck: Range<Int64> = 0..<0
        /// How the delivery lags.
        var lag = Lag()
    }

    /// A delivery that falls behind and comes back.
    struct Lag {
        var start: Int64 = 0
        var length: Int64 = 1
        /// How late it is at its end.
        var height: Int64 = 0
        /// The share of the Tweets that it concerns, while the others come as ever.
        var share = 1.0

        /// How late a queue is: it grows, and is emptied at once.
        func delay(at time: Int64) -> Int64 {
            let along = time - start
            return along < 0 || along > length ? 0 : height * along / length
        }

        /// How late a part is that many queues serve: it grows, and they catch up one after the other.
        func delayOfPart(at time: Int64) -> Int64 {
            time <= start + length ? delay(at: time) : max(0, height - (time - start - length) / 2)
        }
    }

    static let dayLength: Int64 = 86_400_000
    /// The longest time from a Tweet's creation to its delivery without lag; a little less than the slack.
    static let latencyMax: Int64 = 118_000
    static let lagMax: Int64 = 400_000
    /// 2026-11-23T00:00:00Z.
    static let midnight = Instant(seconds: 1_795_392_000)

    let windows: [Window]
    /// The three arrays are in the order of delivery.
    private(set) var ids: [TweetID] = []
    private(set) var created: [Int64] = []
    private(set) var delivered: [Int64] = []

    init(isQuiet: Bool, using random: inout ModelRandom) {
        var windows: [Window] = []
        var time = random.number(600_000...10_000_000)
        while time < Self.dayLength - 4_000_000 {
            // Too thin for credit, just enough for it, and more; in life it is 300 for each of the Decahose's partitions.
            let rate = random.pick(isQuiet ? [15, 30] : [0.5, 3, 12, 12, 12, 30])
            let isRush = !isQuiet && random.chance(0.02)
            let length = isRush ? 300_000 : random.number(700_000...1_800_000)
            var window = Window(from: time, to: time + length, rate: isRush ? 150 : rate)
            if !isQuiet { window.trouble(using: &random) }
            windows.append(window)
            time += length + random.number(2_000_000...60_000_000)
        }
        self.windows = windows
        for window in windows { fill(window, using: &random) }
    }

    private mutating func fill(_ window: Window, using random: inout ModelRandom) {
        var undelayed = DeliveryOrder(from: window.from, to: window.to + Self.latencyMax)
        var time = Double(window.from)
        while true {
            time += random.wait(perSecond: window.rate)
            let moment = Int64(time)
            guard moment < window.to else { break }
            let latency = random.chance(0.008) ? random.number(6000...Self.latencyMax) : random.number(150...5000)
            undelayed.add(created: moment, delivered: moment + latency)
        }
        // A lagging stream is a queue behind whatever delayed each Tweet before it: first in, first out. A part that lags
        // is many queues.
        var delayed = DeliveryOrder(from: window.from, to: window.to + Self.latencyMax + Self.lagMax)
        var exit: Int64 = 0
        let isWhole = window.lag.share == 1
        undelayed.visit { created, delivered in
            if isWhole {
                exit = max(exit, delivered + window.lag.delay(at: delivered))
                append(created, exit)
            } else {
                let lag = random.chance(window.lag.share) ? window.lag.delayOfPart(at: created) : 0
                // A few that were later still would come alone, when nothing shows any more that the part lags.
                delayed.add(created: created, delivered: lag > 0 ? min(delivered, created + 5000) + lag : delivered)
            }
        }
        delayed.visit { append($0, $1) }
    }

    private mutating func append(_ created: Int64, _ delivered: Int64) {
        let since = UInt64(Self.midnight.milliseconds + created - TweetID.snowflakeEpoch)
        guard let id = TweetID(since << 22 | UInt64(ids.count) & 0x3F_FFFF) else { return }
        ids.append(id)
        self.created.append(created)
        self.delivered.append(delivered)
    }

    /// The places of the Tweets that are delivered in a stretch of time.
    func delivered(_ range: Range<Int64>) -> Range<Int> {
        let first = position(of: range.lowerBound)
        return first..<max(first, position(of: range.upperBound))
    }

    /// The first place at or after a moment.
    private func position(of moment: Int64) -> Int {
        var low = 0
        var high = delivered.count
        while low < high {
            let middle = (low + high) / 2
            if delivered[middle] < moment { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension ModelWorld.Window {
    /// Draws what goes wrong for everybody.
    fileprivate mutating func trouble(using random: inout ModelRandom) {
        if random.chance(0.5) { commonCut = random.number(from...to) }
        if random.chance(0.3) {
            let begin = random.number(from...to)
            stuck = begin..<(begin + random.number(1000...600_000))
        }
        guard random.chance(0.5) else { return }
        lag.start = random.number(from...(from + 700_000))
        lag.length = random.number(60_000...600_000)
        lag.height = random.number(0...ModelWorld.lagMax)
        guard random.chance(0.2) else { return }
        // A part of the server lags. Two stated limits bound what any rule could notice here: too few Tweets of the part
        // would let seconds pass without any of them, as if it stalled; where the part makes up for what a backfill lacks
        // of the others, less than a fifth seems missing.
        lag.share = 0.4 + 0.1 * random.unit()
        lag.length = max(lag.length, lag.height * 3 / 2)
        rate = 60
        to = min(to, from + 900_000)
    }
}

/// Sorts deliveries by their time: a list a second, since nearly all of them come about in order.
private struct DeliveryOrder {
    private let from: Int64
    private var seconds: [[(created: Int64, delivered: Int64)]]

    init(from: Int64, to: Int64) {
        self.from = from
        seconds = Array(repeating: [], count: Int((to - from) / 1000) + 2)
    }

    mutating func add(created: Int64, delivered: Int64) {
        seconds[Int((delivered - from) / 1000)].append((created, delivered))
    }

    func visit(_ body: (_ created: Int64, _ delivered: Int64) -> Void) {
        for second in seconds {
            for tweet in second.sorted(by: { $0.delivered < $1.delivered }) { body(tweet.created, tweet.delivered) }
        }
    }
}
