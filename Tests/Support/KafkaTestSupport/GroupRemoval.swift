import CLibrdkafka
import Kafka

/// Deletes a group, and with it what it has committed, as brokers do once it was empty for long enough.
///
/// Waits until its last member is gone, which for a static one takes as long as its session.
///
/// - Parameters:
///   - name: The group.
///   - brokers: Where it is, as `host:port`.
public func removeGroup(_ name: String, brokers: String) throws {
    let configuration = rd_kafka_conf_new()
    rd_kafka_conf_set(configuration, "bootstrap.servers", brokers, nil, 0)
    guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0) else {
        rd_kafka_conf_destroy(configuration)
        throw KafkaError(code: .invalidArgument, message: "no client for \(brokers)")
    }
    defer { rd_kafka_destroy(client) }
    let queue = rd_kafka_queue_new(client)
    defer { rd_kafka_queue_destroy(queue) }
    let deadline = ContinuousClock.now + .seconds(40)
    while true {
        var group = rd_kafka_DeleteGroup_new(name)
        defer { rd_kafka_DeleteGroup_destroy(group) }
        rd_kafka_DeleteGroups(client, &group, 1, nil, queue)
        let event = rd_kafka_queue_poll(queue, 20_000)
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let answers = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), &count)
        let code =
            count == 1 ? rd_kafka_error_code(rd_kafka_group_result_error(answers?[0])) : rd_kafka_event_error(event)
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { return }
        guard code == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP, ContinuousClock.now < deadline else {
            throw KafkaError(code: KafkaErrorCode(rawValue: code.rawValue), message: "the group \(name) stays")
        }
    }
}
