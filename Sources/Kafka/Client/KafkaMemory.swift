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

    /// Lets the process keep what librdkafka frees, within limits; for a role that moves a stream, once at its start.
    ///
    /// Every batch that is sent and every fetch that is unpacked is a block of up to a megabyte, and glibc's defaults give
    /// it back to the system time and again, so that every page of the next is asked for anew: between a twentieth and a
    /// tenth of the CPU time.
    public static func keepFreedBuffers() {
        decahose_keep_freed_buffers()
    }
}
