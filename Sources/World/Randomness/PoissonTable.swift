/// How many Tweets fall into a slot, given their mean: Poisson's distribution as a table of cumulative shares.
struct PoissonTable: Sendable {
    /// The smallest number the table knows; below it lies less than 10⁻¹² of the distribution.
    private let first: Int
    /// The share of the distribution up to each number.
    private let cumulative: [Double]

    /// - Parameter mean: At least 0.
    init(mean: Double) {
        guard mean > 0 else {
            first = 0
            cumulative = [1]
            return
        }
        // Weights relative to the most likely number need no exponential function and never underflow there.
        let mode = Int(mean)
        let weightMin = 1e-13
        var below: [Double] = []
        var weight = 1.0
        var number = mode
        while number > 0, weight > weightMin {
            weight *= Double(number) / mean
            number -= 1
            below.append(weight)
        }
        first = number
        var weights = Array(below.reversed()) + [1.0]
        weight = 1
        number = mode
        while weight > weightMin {
            number += 1
            weight *= mean / Double(number)
            weights.append(weight)
        }
        let total = weights.reduce(0, +)
        var sum = 0.0
        cumulative = weights.map { weight in
            sum += weight / total
            return sum
        }
    }

    /// The number at a share of the distribution.
    ///
    /// - Parameter share: 0 ..< 1, even.
    func count(at share: Double) -> Int {
        // Most slots of a slow stream are empty.
        if share < cumulative[0] { return first }
        var low = 0
        var high = cumulative.count - 1
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] > share { high = middle } else { low = middle + 1 }
        }
        return first + low
    }
}
