import CLibrdkafka

/// Settings of topics and brokers.
extension KafkaAdmin {
    /// All settings of a topic or broker by name.
    ///
    /// Blocks for at most `timeout` and a second; throws the resource's own failure too, such as
    /// `unknownTopicOrPartition` or `topicAuthorizationFailed`.
    public func settings(
        of resource: KafkaConfigResource,
        timeout: Duration
    ) throws(KafkaError) -> [String: KafkaConfigEntry] {
        var requests = [rd_kafka_ConfigResource_new(resource.type, resource.name)]
        defer { rd_kafka_ConfigResource_destroy_array(&requests, requests.count) }
        let answer = try request(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout: timeout) {
            rd_kafka_DescribeConfigs(handle.pointer, &requests, requests.count, $0, $1)
        }
        var count = 0
        let result = rd_kafka_event_DescribeConfigs_result(answer.event)
        let resources = rd_kafka_DescribeConfigs_result_resources(result, &count)
        guard let first = resources?.pointee, count == 1 else { throw KafkaError(code: .timedOut) }
        try check(first)
        var entryCount = 0
        let entries = rd_kafka_ConfigResource_configs(first, &entryCount)
        var settings: [String: KafkaConfigEntry] = [:]
        for entry in UnsafeBufferPointer(start: entries, count: entryCount) {
            settings[String(cString: rd_kafka_ConfigEntry_name(entry))] = KafkaConfigEntry(
                value: rd_kafka_ConfigEntry_value(entry).map { String(cString: $0) },
                isDefault: rd_kafka_ConfigEntry_is_default(entry) != 0
            )
        }
        return settings
    }

    /// Replaces the settings of a topic or broker: those not given **return to their defaults**.
    ///
    /// The incremental request came to librdkafka after 2.0.2: read `settings`, keep those that are not defaults, and
    /// give all of them. Blocks for at most `timeout` and a second; throws the resource's own failure too.
    public func replaceSettings(
        of resource: KafkaConfigResource,
        with settings: KafkaProperties,
        timeout: Duration
    ) throws(KafkaError) {
        var requests = [rd_kafka_ConfigResource_new(resource.type, resource.name)]
        defer { rd_kafka_ConfigResource_destroy_array(&requests, requests.count) }
        for name in settings.names {
            try KafkaError.check(rd_kafka_ConfigResource_set_config(requests[0], name, settings[name]))
        }
        let answer = try request(RD_KAFKA_ADMIN_OP_ALTERCONFIGS, timeout: timeout) {
            rd_kafka_AlterConfigs(handle.pointer, &requests, requests.count, $0, $1)
        }
        var count = 0
        let result = rd_kafka_event_AlterConfigs_result(answer.event)
        let resources = rd_kafka_AlterConfigs_result_resources(result, &count)
        for resource in UnsafeBufferPointer(start: resources, count: count) { try check(resource) }
    }

    private func check(_ resource: OpaquePointer?) throws(KafkaError) {
        let code = rd_kafka_ConfigResource_error(resource)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        throw KafkaError(code, rd_kafka_ConfigResource_error_string(resource).map { String(cString: $0) })
    }
}
