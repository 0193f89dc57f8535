import CLibrdkafka

/// One librdkafka client instance, and the only file where `@unchecked Sendable` is claimed.
///
/// librdkafka's functions may be called from any thread as long as the instance lives, so whoever uses `pointer` must
/// hold this object for the whole call. The instance and its threads end in `deinit`; everything made of it (topics,
/// queues, messages) keeps a reference to the handle, and so goes first.
public final class KafkaHandle: @unchecked Sendable {
    // Immutable after init, freed only in deinit: that is the condition for the unchecked conformance.
    let pointer: OpaquePointer
    let callbacks: KafkaCallbacks
    private let kind: rd_kafka_type_t

    /// Makes an instance; fails with librdkafka's sentence where a property is refused.
    init(
        _ kind: rd_kafka_type_t,
        properties: KafkaProperties,
        observer: KafkaObserver
    ) throws(KafkaError) {
        let callbacks = KafkaCallbacks(observer: observer)
        let configuration = rd_kafka_conf_new()
        let problems = KafkaProperties.identity.merging(properties).apply(to: configuration)
        guard problems.isEmpty else {
            rd_kafka_conf_destroy(configuration)
            throw KafkaError(
                code: .invalidArgument,
                message: problems.map(\.message).joined(separator: "; ")
            )
        }
        // Unretained: the handle holds the callbacks, and every thread of librdkafka ends before the handle lets go.
        rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(callbacks).toOpaque())
        rd_kafka_conf_set_log_cb(configuration, kafkaLogCallback)
        rd_kafka_conf_set_error_cb(configuration, kafkaErrorCallback)
        if kind == RD_KAFKA_PRODUCER {
            rd_kafka_conf_set_dr_msg_cb(configuration, kafkaDeliveryCallback)
        } else {
            rd_kafka_conf_set_rebalance_cb(configuration, kafkaRebalanceCallback)
        }
        var pointer: OpaquePointer?
        let message = withErrorText { text, size in
            pointer = rd_kafka_new(kind, configuration, text, size)
            return pointer != nil
        }
        guard let pointer else {
            // rd_kafka_new takes the configuration over only when it succeeds.
            rd_kafka_conf_destroy(configuration)
            throw KafkaError(code: KafkaErrorCode(rd_kafka_last_error()), message: message)
        }
        self.pointer = pointer
        self.callbacks = callbacks
        self.kind = kind
    }

    deinit {
        if callbacks.isJoining || !callbacks.answersBeforeTheEnd(client: pointer) {
            // librdkafka 2.0.2 aborts the process where a sticky member is destroyed between its join and its first
            // assignment. It is left as it is: closed, or soon fenced off by whoever takes its place.
            _ = Unmanaged.passRetained(callbacks)
            return
        }
        // Without this flag the end of a consumer that was not closed would wait for a rebalance callback.
        rd_kafka_destroy_flags(pointer, kind == RD_KAFKA_CONSUMER ? RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE : 0)
    }
}

extension KafkaProperties {
    /// What brokers show for this client in their logs and request metrics (KIP-511).
    static let identity: KafkaProperties = ["client.software.name": "decahose", "client.software.version": "1"]
}

/// What the C callbacks of one handle may touch.
///
/// `observer` never changes. The two handlers are set and called only on the one thread that polls the handle, which is
/// the condition for the unchecked conformance.
final class KafkaCallbacks: @unchecked Sendable {
    let observer: KafkaObserver
    /// Takes delivery reports; present only while a call that can deliver them is on the stack.
    var deliver: ((borrowing KafkaDeliveryReport) -> Void)?
    /// Reports handed to `deliver` during that call.
    var deliveredCount = 0
    /// Decides on assignments; present from `subscribe` on.
    var rebalance: ((KafkaRebalance) -> Void)?
    /// Whether it subscribed and was assigned nothing yet, not even an empty list.
    var isJoining = false
    /// Whether the handler that is running has assigned or unassigned, as librdkafka demands of it.
    var hasAnsweredRebalance = false

    init(observer: KafkaObserver) {
        self.observer = observer
    }
}

/// A pointer of librdkafka's that its owner frees in `deinit`, and that any thread may use while the owner lives.
struct KafkaPointer: @unchecked Sendable {
    let raw: OpaquePointer
}

/// Called by librdkafka's own threads, at any time.
private func kafkaLogCallback(
    client: OpaquePointer?,
    level: Int32,
    facility: UnsafePointer<CChar>?,
    message: UnsafePointer<CChar>?
) {
    guard let client, let opaque = rd_kafka_opaque(client), let facility, let message else { return }
    let line = KafkaLogLine(
        level: level,
        facility: String(cString: facility),
        message: String(cString: message)
    )
    Unmanaged<KafkaCallbacks>.fromOpaque(opaque).takeUnretainedValue().observer.log(line)
}

/// Called on the thread that polls, for errors of the handle as a whole.
private func kafkaErrorCallback(
    client: OpaquePointer?,
    code: Int32,
    reason: UnsafePointer<CChar>?,
    opaque: UnsafeMutableRawPointer?
) {
    guard let opaque else { return }
    let error = KafkaError(
        code: KafkaErrorCode(rawValue: code),
        message: reason.map { String(cString: $0) },
        isFatal: code == KafkaErrorCode.fatal.rawValue
    )
    Unmanaged<KafkaCallbacks>.fromOpaque(opaque).takeUnretainedValue().observer.error(error)
}

/// Called on the thread that polls, once a record; the hot path of every producer.
private func kafkaDeliveryCallback(
    client: OpaquePointer?,
    message: UnsafePointer<rd_kafka_message_t>?,
    opaque: UnsafeMutableRawPointer?
) {
    guard let message, let opaque else { return }
    Unmanaged<KafkaCallbacks>.fromOpaque(opaque)._withUnsafeGuaranteedRef { callbacks in
        guard let deliver = callbacks.deliver else {
            preconditionFailure("a delivery report arrived outside poll, flush, commit and abort")
        }
        callbacks.deliveredCount += 1
        deliver(KafkaDeliveryReport(message))
    }
}

/// Called on the thread that polls or closes the consumer; must assign or unassign before it returns.
private func kafkaRebalanceCallback(
    client: OpaquePointer?,
    code: rd_kafka_resp_err_t,
    partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
    opaque: UnsafeMutableRawPointer?
) {
    guard let client, let opaque else { return }
    let callbacks = Unmanaged<KafkaCallbacks>.fromOpaque(opaque).takeUnretainedValue()
    callbacks.answerRebalance(client: client, code: code, partitions: partitions)
}
