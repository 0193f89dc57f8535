import Tweets

/// How many records a second of receipt has brought, out of those that were read: what waits is estimated by it.
///
/// Offsets have holes, so their differences would count what compaction has taken and the markers of transactions.
struct ReceiptRate {
    private var seconds = 0.0
    private var records = 0.0
    private var last: Instant?
    private var pending = 0

    /// What was seen before counts a tenth less each time.
    private static let memory = 0.9

    /// So many were read since this was told last, the newest received then.
    mutating func read(_ count: Int, through received: Instant) {
        guard let last else {
            // How long those took to come is not known.
            self.last = received
            return
        }
        pending += count
        guard received > last else { return }
        seconds = seconds * Self.memory + Double((received - last).milliseconds) / 1000
        records = records * Self.memory + Double(pending)
        pending = 0
        self.last = received
    }

    /// What is read next was received before: it is read again.
    mutating func isSetBack() {
        last = nil
        pending = 0
    }

    /// How many were received in so long a time; 0 while too little was read to tell.
    func records(in lag: Duration) -> Int {
        guard seconds > 0 else { return 0 }
        return Int((records / seconds * Double(lag.milliseconds) / 1000).rounded())
    }
}
