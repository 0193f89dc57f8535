import AllocationCounts
import Glibc
import Synchronization

/// The counts that a preloaded counter writes into a file, read while its process runs.
final class AllocationRecord: Sendable {
    /// The library to preload.
    let library: String
    /// The file.
    let path: String

    /// What is counted between two moments.
    struct Difference: Sendable {
        var ours: UInt64 = 0
        var others: UInt64 = 0
        /// Our places that allocated, the most frequent first: the place in the program, and how often.
        var sites: [(place: UInt64, calls: UInt64)] = []
    }

    private let memory: UInt
    private let state = Mutex<(before: Difference, difference: Difference)>((Difference(), Difference()))

    init(directory: String) {
        library = "\(directory)/libAllocationCounter.so"
        path = "\(directory)/allocations.\(getpid())"
        let file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        let size = MemoryLayout<allocation_counts>.size
        guard file >= 0, ftruncate(file, size) == 0,
            let memory = mmap(nil, size, PROT_READ, MAP_SHARED, file, 0), memory != MAP_FAILED
        else { stop("'\(path)' cannot be made: \(String(cString: strerror(errno)))") }
        close(file)
        self.memory = UInt(bitPattern: memory)
    }

    deinit { unlink(path) }

    func begin() {
        let now = counts()
        state.withLock { $0.before = now }
    }

    func end() {
        let now = counts()
        state.withLock { state in
            let earlier = Dictionary(state.before.sites.map { ($0.place, $0.calls) }) { first, _ in first }
            state.difference = Difference(
                ours: now.ours - state.before.ours,
                others: now.others - state.before.others,
                sites: now.sites.map { ($0.place, $0.calls - (earlier[$0.place] ?? 0)) }.sorted { $0.calls > $1.calls }
            )
        }
    }

    var difference: Difference { state.withLock(\.difference) }

    private func counts() -> Difference {
        guard let counts = UnsafePointer<allocation_counts>(bitPattern: memory) else { return Difference() }
        var now = Difference(ours: counts.pointee.ours, others: counts.pointee.others)
        let base = counts.pointee.program_base
        withUnsafeBytes(of: counts.pointee.sites) { bytes in
            for site in bytes.bindMemory(to: allocation_site.self) where site.address != 0 {
                now.sites.append((site.address &- base, site.calls))
            }
        }
        return now
    }
}
