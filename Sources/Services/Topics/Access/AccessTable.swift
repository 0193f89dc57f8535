public import Tweets

/// What each user must be allowed to do at Kafka, by what the code asks of it.
public enum AccessTable {
    /// For whom rules are made.
    public enum User: String, CaseIterable, Sendable {
        /// `decahose bridge`.
        case bridge
        /// `decahose dedup`, and `dedup rebuild`.
        case dedup
        /// `decahose coordinator`.
        case coordinator
        /// `decahose gaps`, `jobs`, `coverage`, `status` and `tail`.
        case tools
        /// `decahose topics check`.
        case check
        /// `decahose topics create`.
        case create
        /// A program of somebody's own that reads the clean topic in a group of its own, `<prefix>-consumer`.
        case consumer
    }

    /// The rules of a user.
    ///
    /// - Parameter names: The topics, groups and transactional IDs.
    public static func rules(for user: User, _ names: TopicNames) -> [AccessRule] {
        // For those who make sure that all topics are there and use only some of them.
        let look = [AccessRule(.topics(prefix: "\(names.prefix)."), .describe)]
        func read(_ topics: String...) -> [AccessRule] { topics.map { AccessRule(.topic($0), .read) } }
        func write(_ topics: String...) -> [AccessRule] { topics.map { AccessRule(.topic($0), .write) } }
        switch user {
        case .bridge:
            return read(names.control) + write(names.raw, names.compliance, names.deadletter, names.control)
        case .dedup:
            return read(names.raw, names.seen, names.control, names.tweets)
                + write(names.raw, names.tweets, names.seen, names.late, names.deadletter, names.control)
                + [
                    AccessRule(.topic(names.compliance), .describe),
                    AccessRule(.topic(names.raw), .describeConfigs),
                    AccessRule(.group(names.dedupGroup), .read),
                    AccessRule(.transactionalIDs(prefix: "\(names.dedupGroup)-"), .write),
                ]
        case .coordinator:
            return look + read(names.control)
                + write(names.raw, names.compliance, names.deadletter, names.control)
                + [
                    AccessRule(.group(names.coordinatorID), .read),
                    AccessRule(.group(names.dedupGroup), .describe),
                    AccessRule(.transactionalID(names.coordinatorID), .write),
                ]
        case .tools:
            return read(names.control, names.tweets)
        case .check:
            return look + [AccessRule(.topics(prefix: "\(names.prefix)."), .describeConfigs)]
                + read(names.control, names.raw, names.seen)
                + [AccessRule(.group(names.dedupGroup), .describe)]
        case .create:
            return look + [AccessRule(.topics(prefix: "\(names.prefix)."), .create)]
                + read(names.control) + write(names.control)
        case .consumer:
            return read(names.tweets) + [AccessRule(.group("\(names.prefix)-consumer"), .read)]
        }
    }

    /// The rules as commands for Kafka's own tool, one for each resource.
    ///
    /// - Parameters:
    ///   - principal: The user as Kafka calls it, such as `User:bridge`.
    ///   - servers: The brokers.
    public static func commands(_ rules: [AccessRule], principal: String, servers: String) -> String {
        var resources: [AccessRule.Resource] = []
        for rule in rules where !resources.contains(rule.resource) { resources.append(rule.resource) }
        return resources.map { resource in
            let same = rules.filter { $0.resource == resource }
            let operations = same.flatMap { ["--operation", $0.operation.rawValue] }
            let words =
                ["kafka-acls.sh", "--bootstrap-server", servers, "--command-config", "admin.properties", "--add"]
                + ["--allow-principal", principal] + operations + (same.first?.resourceOptions ?? [])
            return words.joined(separator: " ") + "\n"
        }.joined()
    }
}
