import Tweets

/// Everything that one picture of the running demonstration shows.
struct DemoScene: Sendable {
    /// One process and how it is.
    struct Performer: Sendable {
        var name: String
        var processIdentifier: Int32?
        var isRunning: Bool
        var detail: String
    }

    var actNumber: Int
    var actTitle: String
    var elapsed: Duration
    var expected: Duration
    var performers: [Performer]
    var copies: Int
    var tweets: Int
    var tombstones: Int
    var openGaps: [String]
    /// Seconds of event time, oldest first: what each connection and recovery brought of them.
    var coverage: [(name: String, cells: String)]
    var story: [String]
}
