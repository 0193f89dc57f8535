import Operations
import Recovery

/// Makes recovery requests; the one way of the product brings what it receives along the path of live Tweets.
protocol RecoveryTransfer: Sendable {
    /// Makes everything ready; once, before the first request. Blocks.
    func open() throws(ExitError)

    /// Makes a request and blocks until everything that it brought is acknowledged, reporting progress meanwhile.
    func perform(_ run: JobRun) -> BackfillOutcome

    /// Why nothing can be brought at present, with what to do; nil while all is well.
    var problem: String? { get }

    /// Ends; no request is at work. Blocks for a bounded time.
    ///
    /// - Returns: How many records were not acknowledged.
    func close() -> Int
}
