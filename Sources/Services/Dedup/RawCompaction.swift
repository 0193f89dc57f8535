import Kafka
import Logging
import Operations
import Tweets

/// How long a record of raw is safe from compaction, and what to say when dedup nears that.
///
/// Past it a delete can be gone before dedup has read it, while a later copy of its Tweet is still there.
enum RawCompaction {
    private static let timeout: Duration = .seconds(10)

    /// The topic's own `min.compaction.lag.ms`; nil where raw is not compacted, or at any time.
    ///
    /// Where the cluster does not tell it, or does not allow the question, it is what `decahose topics create` sets.
    static func lag(_ environment: DedupEnvironment) -> Duration? {
        let raw = environment.names.raw
        do {
            let admin = try KafkaAdmin(environment.kafka, observer: environment.observer)
            let settings = try admin.settings(of: .topic(raw), timeout: timeout)
            if let policy = settings["cleanup.policy"]?.value, !policy.contains("compact") { return nil }
            if let text = settings["min.compaction.lag.ms"]?.value, let milliseconds = Int64(text) {
                if milliseconds > 0 { return .milliseconds(milliseconds) }
                environment.logger.warning(
                    "raw has no min.compaction.lag.ms: deletes can be lost unseen. See decahose topics check.",
                    metadata: [LogKey.topic: "\(raw)"]
                )
                return nil
            }
        } catch {
            environment.logger.notice(
                "The settings of raw cannot be read; its compaction lag is taken to be 12 h.",
                metadata: [LogKey.topic: "\(raw)", LogKey.error: "\(error)"]
            )
        }
        return TopicPlan.rawCompactionLag
    }

    /// What to say where more than half of the lag is used up.
    static func warning(lagSeconds: Double, _ limit: Duration?) -> String? {
        guard let limit, limit > .zero, lagSeconds > Double(limit.milliseconds) / 2000 else { return nil }
        return """
            raw is read \(Int(lagSeconds)) s late; past its min.compaction.lag.ms, \(limit.milliseconds / 1000) s, \
            compaction can take deletes that were never read. Raise that setting of raw first, then add instances or \
            find out what holds dedup up
            """
    }
}
