import CLibrdkafka

/// librdkafka's properties by their own names, in the order they are set.
///
/// Nothing is interpreted here: names and values go to `rd_kafka_conf_set` as they are, and its error text comes back.
/// A later entry of the same name replaces the earlier one in its place. Values may be secrets: neither `description`
/// nor an error of this type shows one.
public struct KafkaProperties: Sendable, Equatable, ExpressibleByDictionaryLiteral, CustomStringConvertible {
    /// A property that librdkafka refuses.
    public struct Problem: Error, Equatable, Sendable, CustomStringConvertible {
        /// The property's name, as given.
        public let name: String
        /// librdkafka's own sentence.
        public let message: String

        /// The sentence, which names the property.
        public var description: String { message }
    }

    private struct Entry: Sendable, Equatable {
        let name: String
        var value: String
    }

    private var entries: [Entry] = []

    /// Makes an empty list.
    public init() {}

    /// Makes a list of pairs.
    public init(_ pairs: some Sequence<(String, String)>) {
        for (name, value) in pairs { self[name] = value }
    }

    /// Makes a list of a literal such as `["bootstrap.servers": "localhost:9092"]`.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements)
    }

    /// The value given for `name` itself (not for an alias of it); nil removes the entry.
    public subscript(name: String) -> String? {
        get { entries.first { $0.name == name }?.value }
        set {
            let index = entries.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): entries[index].value = value
            case (let index?, nil): entries.remove(at: index)
            case (nil, let value?): entries.append(Entry(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// The names in the order they are set.
    public var names: [String] { entries.map(\.name) }

    /// These properties with those of `other` set after them.
    public func merging(_ other: KafkaProperties) -> KafkaProperties {
        var merged = self
        for entry in other.entries { merged[entry.name] = entry.value }
        return merged
    }

    /// The names only, since values may be secrets.
    public var description: String { "KafkaProperties(\(names.joined(separator: ", ")))" }

    /// Every property that librdkafka refuses by itself, in order.
    ///
    /// Combinations that do not fit, and files that cannot be read, show only when a client is made.
    public func problems() -> [Problem] {
        let configuration = rd_kafka_conf_new()
        defer { rd_kafka_conf_destroy(configuration) }
        return apply(to: configuration)
    }

    /// The value in force for `name` once all of these are set: through an alias, a default, or as given.
    ///
    /// `delivery.timeout.ms=5` gives `5` for `message.timeout.ms`. Properties that librdkafka refuses count as not
    /// set. The answer is nil for a name that librdkafka does not know, and for one without any value.
    public func effective(_ name: String) -> String? {
        let configuration = rd_kafka_conf_new()
        defer { rd_kafka_conf_destroy(configuration) }
        _ = apply(to: configuration)
        if let value = read(into: { rd_kafka_conf_get(configuration, name, $0, $1) }) { return value }
        // A property of topics is kept in a part of its own, which exists only once one of them was set.
        let topicDefaults = rd_kafka_topic_conf_new()
        defer { rd_kafka_topic_conf_destroy(topicDefaults) }
        return read(into: { rd_kafka_topic_conf_get(topicDefaults, name, $0, $1) })
    }

    /// Sets every property, going on after a refused one, and gives the refused ones.
    func apply(to configuration: OpaquePointer?) -> [Problem] {
        var problems: [Problem] = []
        for entry in entries {
            let message = withErrorText { text, size in
                rd_kafka_conf_set(configuration, entry.name, entry.value, text, size) == RD_KAFKA_CONF_OK
            }
            if let message { problems.append(Problem(name: entry.name, message: message)) }
        }
        return problems
    }
}

/// Runs a call that writes an error sentence, and gives the sentence where the call says false.
func withErrorText(_ call: (UnsafeMutablePointer<CChar>, Int) -> Bool) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer -> String? in
        buffer.initialize(repeating: 0)
        guard let base = buffer.baseAddress, !call(base, buffer.count) else { return nil }
        return String(cString: base)
    }
}

/// Reads a property by one of librdkafka's `_get` functions: first its size, then its text.
private func read(
    into get: (UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<Int>) -> rd_kafka_conf_res_t
) -> String? {
    var size = 0
    guard get(nil, &size) == RD_KAFKA_CONF_OK, size > 0 else { return nil }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: size + 1) { buffer -> String? in
        buffer.initialize(repeating: 0)
        guard let base = buffer.baseAddress, get(base, &size) == RD_KAFKA_CONF_OK else { return nil }
        return String(cString: base)
    }
}
