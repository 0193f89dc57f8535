/// A distribution given by some of its quantiles, straight between them.
struct QuantileTable: Sendable {
    private let points: [(share: Double, value: Double)]

    /// - Parameter points: Ascending in both; the first share is 0 and the last 1.
    init(_ points: [(share: Double, value: Double)]) {
        precondition(points.first?.share == 0 && points.last?.share == 1, "quantiles from \(points)")
        self.points = points
    }

    /// The greatest value.
    var max: Double { points[points.count - 1].value }

    /// The value at a share of the distribution, 0 ..< 1.
    @inline(__always)
    func value(at share: Double) -> Double {
        var index = 1
        while index < points.count - 1, share >= points[index].share { index += 1 }
        let (low, high) = (points[index - 1], points[index])
        return low.value + (high.value - low.value) * (share - low.share) / (high.share - low.share)
    }
}
