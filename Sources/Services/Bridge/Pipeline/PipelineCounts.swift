import Tweets

/// What the lines of an answer were, as far as the side that reads knows; the rest is in the lane.
struct PipelineCounts {
    var framed: Int64 = 0
    var tweets: Int64 = 0
    /// Those of them that were created before the session began.
    var backfillTweets: Int64 = 0
    var deletes: Int64 = 0
    var heartbeats: Int64 = 0
    var notices: Int64 = 0
    /// Records handed to the producer; each has exactly one report.
    var queued: Int64 = 0
    /// Bytes of their values.
    var queuedBytes: Int64 = 0
    /// Lines that were never handed over, because no topic takes them.
    var lost: Int64 = 0
    /// Bytes of the answer's body.
    var wireBytes: Int64 = 0
    /// The same, inflated.
    var plainBytes: Int64 = 0
    /// Bytes without a line break at the end.
    var truncatedTail: Int64 = 0

    /// Lines that are to be in some topic, or lost.
    var messages: Int64 { framed - heartbeats - notices }

    /// Records handed over and not yet reported.
    func inFlight(_ reports: AcknowledgementLane.Counts) -> Int64 { queued - reports.reported }

    /// Framed less everything that is known of: 0 at every line's end, else a defect.
    func unaccounted(_ reports: AcknowledgementLane.Counts) -> Int64 {
        messages - lost - reports.lost - reports.acknowledged - reports.compliance - reports.deadletter
            - inFlight(reports)
    }

    /// Both sides together, as the session's record tells them.
    func counters(_ reports: AcknowledgementLane.Counts) -> SessionRecord.Counters {
        var counters = SessionRecord.Counters()
        counters.framed = framed
        counters.tweets = tweets
        counters.deletes = deletes
        counters.acknowledged = reports.acknowledged
        counters.compliance = reports.compliance
        counters.deadletter = reports.deadletter
        counters.heartbeats = heartbeats
        counters.notices = notices
        counters.lost = lost + reports.lost
        counters.truncatedTail = truncatedTail
        return counters
    }
}
