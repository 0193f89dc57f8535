import Dispatch
public import Testing

/// Runs each test of a suite on a thread of its own.
///
/// These tests block in librdkafka for most of their time. On the cooperative pool, which has a thread a core, they would
/// hold up each other and every asynchronous test of the run. Only some run at a time: with all of them a small machine is so
/// busy that a second's work takes ten, and what a test waits for comes after its patience.
public struct OwnThreadTrait: SuiteTrait, TestTrait, TestScoping {
    /// Whether tests of a suite inherit it.
    public let isRecursive = true

    /// Runs the test's body on a new thread.
    public func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        await Turns.ownThreads.take()
        defer { Turns.ownThreads.give() }
        try await withTaskExecutorPreference(ThreadExecutor(label: test.name)) { try await function() }
    }
}

extension Trait where Self == OwnThreadTrait {
    /// Runs each test on a thread of its own, where it may block.
    public static var ownThread: Self { Self() }
}

/// A serial queue as a task's executor; libdispatch gives a blocked serial queue a thread of its own.
private final class ThreadExecutor: TaskExecutor {
    private let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        queue.async { job.runSynchronously(on: executor) }
    }
}
