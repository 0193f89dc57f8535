import Operations
import Recovery
import Tweets

/// The metrics of one stream partition of a bridge.
struct BridgeMetrics: Sendable {
    let messages: Counter
    let tweets: Counter
    let deletes: Counter
    let acknowledged: Counter
    let compliance: Counter
    let deadletter: Counter
    let heartbeats: Counter
    let notices: Counter
    let lost: Counter
    let truncatedTailBytes: Counter
    let wireBytes: Counter
    let plainBytes: Counter
    let reconnects: Counter
    let backoffLimit: Counter
    let connected: Gauge
    let lag: Gauge
    let clockSkew: Gauge
    let inFlight: Gauge
    let unaccounted: Gauge
    let volumeFallen: Gauge

    init(_ registry: MetricsRegistry, connection: String, stream: StreamPartition) {
        let labels: MetricsRegistry.Labels = ["connection": connection, "stream": stream.description]
        func counter(_ name: String, _ help: String) -> Counter {
            registry.counter("decahose_bridge_\(name)_total", help, labels)
        }
        func gauge(_ name: String, _ help: String) -> Gauge {
            registry.gauge("decahose_bridge_\(name)", help, labels)
        }
        messages = counter("messages", "Lines that ended in their line break, heartbeats included.")
        tweets = counter("tweets", "Tweets read.")
        deletes = counter("deletes", "Deletes of Tweets read.")
        acknowledged = counter("acknowledged_records", "Records acknowledged in raw.")
        compliance = counter("compliance_records", "Records acknowledged in the compliance topic.")
        deadletter = counter("deadletter_records", "Records in the deadletter topic; any rate means unknown messages.")
        heartbeats = counter("heartbeats", "Heartbeats read.")
        notices = counter("notices", "Messages of the upstream about the stream.")
        lost = counter("lost_messages", "Messages that no topic took; each is a gap.")
        truncatedTailBytes = counter("truncated_tail_bytes", "Bytes without a line break when a connection ended.")
        wireBytes = counter("wire_bytes", "Bytes of answers as sent.")
        plainBytes = counter("plain_bytes", "Bytes of answers, inflated.")
        reconnects = counter("reconnects", "Connections that failed or ended; a steady rate calls for a look.")
        backoffLimit = counter("backoff_limit", "Times that the upper back-off bound was reached: a person must look.")
        connected = gauge("connected", "1 while the stream is read.")
        lag = gauge("lag_seconds", "Now less the creation time of the newest acknowledged Tweets.")
        clockSkew = gauge("clock_skew_seconds", "The upstream's clock less this host's; 0 where they agree within 5 s.")
        inFlight = gauge("in_flight_records", "Records read and not yet reported by Kafka.")
        unaccounted = gauge("unaccounted_messages", "Messages framed less all that is known of; not 0 is a defect.")
        volumeFallen = gauge("volume_fallen", "1 while the volume is below half of its usual.")
    }

    /// Adds what has come since the last look.
    func add(_ now: SessionRecord.Counters, since before: SessionRecord.Counters) {
        messages.add(now.framed - before.framed)
        tweets.add(now.tweets - before.tweets)
        deletes.add(now.deletes - before.deletes)
        acknowledged.add(now.acknowledged - before.acknowledged)
        compliance.add(now.compliance - before.compliance)
        deadletter.add(now.deadletter - before.deadletter)
        heartbeats.add(now.heartbeats - before.heartbeats)
        notices.add(now.notices - before.notices)
        lost.add(now.lost - before.lost)
        truncatedTailBytes.add(now.truncatedTail - before.truncatedTail)
    }
}
