/// One share of a product's volume, read over a connection of its own; never to be mixed up with a Kafka partition.
public struct StreamPartition: Hashable, Comparable, Sendable {
    /// The product it is a share of.
    public var product: StreamProduct
    /// Its number, from 1.
    public var number: Int

    /// A stream partition by product and number.
    public init(product: StreamProduct, number: Int) {
        self.product = product
        self.number = number
    }

    /// Orders by product and then by number.
    public static func < (left: StreamPartition, right: StreamPartition) -> Bool {
        (left.product.rawValue, left.number) < (right.product.rawValue, right.number)
    }
}

extension StreamPartition: LosslessStringConvertible, Codable {
    /// `sample10/1`.
    public var description: String { "\(product.rawValue)/\(number)" }

    /// Reads `sample10/1`; nil for anything else.
    public init?(_ description: String) {
        let parts = description.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let product = StreamProduct(rawValue: String(parts[0])),
            let number = Int(parts[1]), number >= 1
        else { return nil }
        self.init(product: product, number: number)
    }

    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = StreamPartition(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "'\(text.prefix(40))' is no stream partition such as sample10/1"
            )
        }
        self = value
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
