import CLibrdkafka

/// The memory of librdkafka's buffers.
public enum KafkaMemory {
    /// Gives memory that was freed, anywhere in the process, back to the system.
    ///
    /// glibc keeps what a thread's arena has free for that arena. Records that many threads queued and one thread copies
    /// would so take their memory twice. Costs some milliseconds; for rare moments.
    public static func release() {
        decahose_release_freed_memory()
    }
}
