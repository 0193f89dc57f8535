import Synchronization

/// Runs tasks on the fuzzer's own thread, in the order in which they became ready.
final class OneThread: TaskExecutor {
    private let ready = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        ready.withLock { $0.append(job) }
    }

    /// Runs what is ready now.
    ///
    /// - Returns: Whether anything was.
    func run() -> Bool {
        let jobs = ready.withLock { jobs in
            defer { jobs = [] }
            return jobs
        }
        for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
        return !jobs.isEmpty
    }
}
