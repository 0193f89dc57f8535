public import Tweets

/// Turns what happens in a world into the lines of a stream.
///
/// A Tweet's template is a function of its ID: every copy of it is the same bytes.
public struct TweetEncoder: Sendable {
    /// The templates that Tweets are drawn from.
    public let templates: [TweetTemplate]
    /// The shape of notices.
    public let shape: TweetShape

    private let world: World
    private var slots = SlotWriter()

    /// An encoder of generated Tweets of one shape.
    ///
    /// - Parameters:
    ///   - world: Whose Tweets are encoded.
    ///   - shape: How Tweets and notices look.
    ///   - templateCount: How many templates are generated; more take more memory, about 5 KB each.
    public init(world: World, shape: TweetShape, templateCount: Int = 256) {
        var generator = SplitMix64(seed: world.options.seed, salt: 0x7E3)
        self.init(
            world: world,
            shape: shape,
            templates: (0..<max(1, templateCount)).map { _ in
                TweetTemplate(text: TemplateText.make(shape, using: &generator).utf8)
            }
        )
    }

    /// An encoder with templates of its own.
    ///
    /// - Parameters:
    ///   - world: Whose Tweets it writes.
    ///   - shape: The dialect of the payloads.
    ///   - templates: At least one.
    public init(world: World, shape: TweetShape, templates: [TweetTemplate]) {
        precondition(!templates.isEmpty, "no template")
        self.world = world
        self.shape = shape
        self.templates = templates
    }

    /// The mean size of an encoded Tweet in bytes.
    public var tweetBytesMean: Int { templates.reduce(0) { $0 + $1.byteCount } / templates.count }

    /// The number of a Tweet's template.
    @inline(__always)
    public func template(of id: TweetID) -> Int {
        Int(world.appearance(of: id) % UInt64(templates.count))
    }

    /// Calls `body` with the bytes of a slot; they live only during the call.
    @inline(__always)
    public mutating func withSlot(
        _ slot: TemplateSlot,
        _ values: SlotValues,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        slots.with(slot, values, body)
    }

    /// Appends a Tweet's line with its end.
    public mutating func append(_ values: SlotValues, to output: inout [UInt8]) {
        let template = templates[template(of: values.id)]
        for piece in template.pieces {
            switch piece {
            case .constant(let range):
                template.constants.withUnsafeBytes { constants in
                    output.append(contentsOf: UnsafeRawBufferPointer(rebasing: constants[range]))
                }
            case .slot(let slot):
                slots.with(slot, values) { output.append(contentsOf: $0) }
            }
        }
    }

    /// A Tweet's line with its end.
    public mutating func line(_ values: SlotValues) -> [UInt8] {
        var output: [UInt8] = []
        append(values, to: &output)
        return output
    }

    /// The line of a notice with its end; nil where the delivery is a Tweet or says nothing.
    public func notice(_ delivery: Delivery) -> [UInt8]? {
        let text: String
        switch delivery.content {
        case .tweet:
            return nil
        case .delete:
            guard let deletion = world.deletion(of: delivery.id) else { return nil }
            text = NoticeText.delete(delivery.id, at: deletion, author: author(of: delivery.id), shape)
        case .event:
            guard let event = world.event(of: delivery.id) else { return nil }
            text = NoticeText.event(event.kind, delivery.id, at: event.at, author: author(of: delivery.id), shape)
        }
        return Array(text.utf8) + [0x0D, 0x0A]
    }

    private func author(of id: TweetID) -> UInt64 {
        SplitMix64.mix(id.rawValue) >> 34
    }
}
