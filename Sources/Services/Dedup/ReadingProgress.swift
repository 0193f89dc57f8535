import Tweets

/// How far a long reading is, and how long it goes on at the pace so far.
struct ReadingProgress: Codable, Equatable, Sendable {
    /// The share that was read, 0 … 1, by offsets, which have holes: for showing only.
    var share: Double
    var elapsedSeconds: Double
    /// Until all is read; nil while too little was read to tell.
    var secondsLeft: Int?

    /// A pace over less than that says nothing.
    private static let shareMin = 0.01

    init(share: Double, elapsed: Duration) {
        self.share = share
        elapsedSeconds = Double(elapsed.milliseconds) / 1000
        guard share > Self.shareMin else { return }
        secondsLeft = Int((elapsedSeconds / share * (1 - share)).rounded(.up))
    }

    /// The same for people.
    var text: String { "\(Int(share * 100)) %" + (secondsLeft.map { ", about \($0) s to go" } ?? "") }
}
