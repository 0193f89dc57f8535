public import Tweets

/// What is missing of one gap and may be asked for now.
public struct BackfillNeed: Hashable, Sendable {
    /// The gap's ID.
    public var gap: String
    /// The stream partition.
    public var stream: StreamPartition
    /// What is missing.
    public var missing: IntervalSet

    /// A need from its parts.
    public init(gap: String, stream: StreamPartition, missing: IntervalSet) {
        self.gap = gap
        self.stream = stream
        self.missing = missing
    }
}

/// One request that should be made.
public struct BackfillRequest: Hashable, Sendable {
    /// The product.
    public var product: StreamProduct
    /// The stream partition; nil where one request carries all of them.
    public var partition: Int?
    /// The stretch to ask for, as the dialect wants it.
    public var range: EventInterval
    /// What it fills.
    public var fills: [StreamIntervals]
    /// The gaps it is for.
    public var gaps: [String]

    /// A request from its parts.
    public init(
        product: StreamProduct,
        partition: Int?,
        range: EventInterval,
        fills: [StreamIntervals],
        gaps: [String]
    ) {
        self.product = product
        self.partition = partition
        self.range = range
        self.fills = fills
        self.gaps = gaps
    }
}
