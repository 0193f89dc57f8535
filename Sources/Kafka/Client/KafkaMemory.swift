import CLibrdkafka

/// The memory of librdkafka's buffers.
public enum KafkaMemory {
    /// Lets the process keep the large buffers that it frees.
    ///
    /// Every fetch is unpacked into new ones. By default glibc gives such back to the system each time, and takes them
    /// again a page fault a page: a twentieth of all that a busy reader costs. For once, at start.
    public static func keepFreedBuffers() {
        decahose_keep_freed_buffers()
    }

    /// Gives memory that was freed, anywhere in the process, back to the system.
    ///
    /// glibc keeps what a thread's arena has free for that arena. Records that many threads queued and one thread copies
    /// would so take their memory twice. Costs some milliseconds; for rare moments.
    public static func release() {
        decahose_release_freed_memory()
    }

    /// Lets the process keep what librdkafka frees, within limits; for a role that moves a stream, once at its start.
    ///
    /// Each batch is a block of up to a megabyte, and glibc's defaults give it back to the system with every second one, so
    /// that every page of the next is asked for anew: between a twentieth and a tenth of a bridge's CPU time.
    public static func keep() {
        decahose_keep_freed_memory()
    }
}
