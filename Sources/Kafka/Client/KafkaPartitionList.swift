import CLibrdkafka

/// librdkafka's list of partitions with offsets, owned for the length of one call.
struct KafkaPartitionList: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// Makes a list of places.
    init(_ positions: some Collection<KafkaPosition>) {
        pointer = rd_kafka_topic_partition_list_new(Int32(positions.count))
        for position in positions {
            let element = rd_kafka_topic_partition_list_add(
                pointer,
                position.partition.topic,
                position.partition.partition
            )
            element?.pointee.offset = position.offset
        }
    }

    /// Makes a list of partitions whose offsets are not valid, for a call to fill in.
    init(_ partitions: some Collection<KafkaPartition>) {
        self.init(partitions.map { KafkaPosition($0, offset: Int64(RD_KAFKA_OFFSET_INVALID)) })
    }

    /// Takes over a list that a call has made.
    init(owning pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
        self.pointer = pointer
    }

    deinit {
        rd_kafka_topic_partition_list_destroy(pointer)
    }

    /// Everything in the list: each partition, its offset as it stands there, and its own error.
    var elements: [(position: KafkaPosition, error: KafkaErrorCode)] {
        Self.elements(of: UnsafePointer(pointer))
    }

    /// The partitions alone.
    var partitions: [KafkaPartition] { elements.map(\.position.partition) }

    /// Throws the first partition's own error that there is.
    func checkElements() throws(KafkaError) {
        try Self.check(elements)
    }

    /// Throws the first partition's own error that there is.
    static func check(_ elements: [(position: KafkaPosition, error: KafkaErrorCode)]) throws(KafkaError) {
        for element in elements where element.error != .none {
            throw KafkaError(code: element.error, message: "\(element.position.partition): \(element.error.text)")
        }
    }

    /// Reads a list that librdkafka owns.
    static func elements(
        of list: UnsafePointer<rd_kafka_topic_partition_list_t>?
    ) -> [(position: KafkaPosition, error: KafkaErrorCode)] {
        guard let list, let first = list.pointee.elems else { return [] }
        return UnsafeBufferPointer(start: first, count: Int(list.pointee.cnt)).map { element in
            let partition = KafkaPartition(
                topic: String(cString: element.topic),
                partition: element.partition
            )
            return (KafkaPosition(partition, offset: element.offset), KafkaErrorCode(element.err))
        }
    }
}
