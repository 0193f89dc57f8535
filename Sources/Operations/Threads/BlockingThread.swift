import Glibc

/// A thread of its own for a loop that blocks, since such a loop would starve the cooperative pool.
///
/// Source: measured on two cores, two blocking tasks stop every other task for as long as they block.
public enum BlockingThread {
    /// Runs `body` on a new thread and waits for its result without blocking the caller's.
    ///
    /// - Parameters:
    ///   - name: What the thread is called in `top` and debuggers; 15 bytes count.
    ///   - body: May block as long as it likes.
    public static func run<Result: Sendable>(
        named name: String,
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            start(named: name) { continuation.resume(with: .init(catching: body)) }
        }
    }

    /// Starts `body` on a new, detached thread.
    public static func start(named name: String, _ body: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(ThreadWork(name: name, body: body))
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let status = pthread_create(&thread, &attributes, runThreadWork, work.toOpaque())
        pthread_attr_destroy(&attributes)
        precondition(status == 0, "no thread can be made for \(name): error \(status)")
    }
}

private final class ThreadWork: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

/// Runs once on the new thread and takes over the reference that ``BlockingThread/start(named:_:)`` gave away.
private func runThreadWork(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let work = Unmanaged<ThreadWork>.fromOpaque(context).takeRetainedValue()
    nameThisThread(work.name)
    work.body()
    return nil
}

/// Names the calling thread; the C function for it is hidden behind a macro that Swift's Glibc does not set.
private func nameThisThread(_ name: String) {
    let descriptor = open("/proc/thread-self/comm", O_WRONLY)
    guard descriptor >= 0 else { return }
    FileDescriptorText.write(String(name.prefix(15)), to: descriptor)
    close(descriptor)
}
