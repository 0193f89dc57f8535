public import Tweets

/// What the demonstration found, compared with what the upstream says it sent.
public struct DemoReport: Codable, Sendable, Equatable {
    /// One act, and whether what it is for really happened.
    public struct Act: Codable, Sendable, Equatable {
        /// Which one.
        public var act: DemoAct
        /// Whether everything was seen that it is for.
        public var happened: Bool
        /// What was seen, or what was not.
        public var detail: String
    }

    /// A gap with the states it went through.
    public struct Gap: Codable, Sendable, Equatable {
        /// Its ID.
        public var id: String
        /// The stream partition.
        public var stream: String
        /// The first missing moment.
        public var from: Instant
        /// The first moment after it.
        public var to: Instant
        /// All states, in order.
        public var states: [String]
    }

    /// The event time that is compared.
    public var window: EventInterval
    /// Tweets that the upstream has for the window.
    public var sent: Int
    /// Of those, the ones in the clean topic.
    public var delivered: Int
    /// Of those, the ones whose delete came before their first copy: their tombstone is there instead.
    public var deletedBeforeDelivery: Int
    /// Copies of Tweets that each connection put into raw, live and by backfill.
    public var received: [String: Int]
    /// Copies that came by backfill.
    public var backfilled: Int
    /// Copies that recovery jobs brought.
    public var recovered: Int
    /// Tweets that no connection had brought when recovery did.
    public var recoveredFirst: Int
    /// Copies in raw that did not leave again.
    public var duplicatesRemoved: Int
    /// Tombstones in the clean topic.
    public var deleted: Int
    /// Copies that arrived after their Tweet's delete.
    public var lateCopies: Int
    /// Tweets of the window that are neither delivered nor deleted.
    public var missing: Int
    /// Deliveries beyond the first.
    public var duplicated: Int
    /// Tweets delivered after their own tombstone.
    public var resurrected: Int
    /// Records whose key is not the ID inside.
    public var misKeyed: Int
    /// Every gap that was opened.
    public var gaps: [Gap]
    /// The acts.
    public var acts: [Act]
    /// How long it took, from the first process to the report.
    public var seconds: Double
    /// Processes that were found dead and started again, beside the ones that an act killed.
    public var restarts: Int
    /// A few of the missing, for the search of the fault.
    public var missingExamples: [String]

    /// Whether nothing is missing, nothing came twice, nothing came back, and every act was played.
    public var passed: Bool {
        missing == 0 && duplicated == 0 && resurrected == 0 && misKeyed == 0 && sent > 0
            && acts.count == DemoAct.allCases.count
            && acts.allSatisfy(\.happened)
    }
}
