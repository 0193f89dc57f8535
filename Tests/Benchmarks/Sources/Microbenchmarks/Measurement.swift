import Glibc

/// CPU time of several runs of the same work, and how they are printed.
struct Measurement {
    /// Median, least and most CPU seconds of a run.
    let median: Double
    let least: Double
    let most: Double

    /// Runs the work once to warm up and then `runs` times.
    ///
    /// - Parameter work: Must check its own result: a benchmark of the wrong answer measures nothing.
    init(runs: Int = 5, _ work: () -> Void) {
        work()
        var seconds: [Double] = []
        for _ in 0..<runs {
            let before = Self.processSeconds
            work()
            seconds.append(Self.processSeconds - before)
        }
        seconds.sort()
        median = seconds[seconds.count / 2]
        least = seconds[0]
        most = seconds[seconds.count - 1]
    }

    /// User and system time of this process.
    private static var processSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Prints a line: name, figure, floor or peer, ratio.
    ///
    /// - Parameters:
    ///   - figure: Units of work a CPU-second at the median.
    ///   - floor: The same of the floor or peer, and its name.
    static func report(_ name: String, figure: Double, unit: String, spread: Measurement, floor: (String, Double)?) {
        let width = 34
        var line = name + String(repeating: " ", count: max(1, width - name.count)) + "\(rounded(figure)) \(unit)"
        line += " (runs \(rounded(spread.least * 1000))–\(rounded(spread.most * 1000)) ms)"
        if let (floorName, value) = floor {
            line += ", \(floorName) \(rounded(value)) \(unit), ratio \(rounded(figure / value))"
        }
        print(line)
        fflush(nil)
    }

    static func rounded(_ value: Double) -> String {
        let scale: Double = value >= 100 ? 1 : 100
        return String((value * scale).rounded() / scale)
    }
}
