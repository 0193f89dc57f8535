/// Makes the text of a template: a Tweet as rich, as nested and as awkward as real ones, 1–12 KB, 5 KB on average.
enum TemplateText {
    static func make(_ shape: TweetShape, using generator: inout SplitMix64) -> String {
        var author = TemplateAuthor(generator: generator)
        defer { generator = author.generator }
        // Most Tweets are of a few KB, some are long.
        let drawn = author.share()
        let target = drawn < 0.1 ? 1500 : drawn < 0.9 ? Int(3000 + 3500 * author.share()) : 11000
        return switch shape {
        case .native: NativeTemplate.make(&author, bytes: target)
        case .activityStreams: ActivityTemplate.make(&author, bytes: target)
        case .v2: V2Template.make(&author, bytes: target)
        }
    }
}

/// Draws the parts that all shapes have in common.
struct TemplateAuthor {
    var generator: SplitMix64

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func share() -> Double { generator.next().unitInterval }

    mutating func chance(_ probability: Double) -> Bool { share() < probability }

    /// The ID of something else: older than every Tweet of the world.
    mutating func otherID() -> String { String(number(900_000_000_000_000_000...1_400_000_000_000_000_000)) }

    mutating func userID() -> String { String(number(10_000_000...1_900_000_000)) }

    mutating func name() -> String { Self.names[number(0...Self.names.count - 1)] }

    mutating func handle() -> String { "user_" + String(number(1000...9_999_999), radix: 36) }

    mutating func link() -> String { #"https:\/\/t.co\/"# + String(number(1 << 40...1 << 50), radix: 36) }

    /// Text as a JSON string's content.
    mutating func words(_ count: Int) -> String {
        var text = ""
        for index in 0..<count {
            if index > 0 { text += " " }
            text +=
                chance(0.12)
                ? Self.oddities[number(0...Self.oddities.count - 1)] : Self.plain[number(0...Self.plain.count - 1)]
        }
        return text
    }

    private static let names = [
        "Ana", "Bo\\u0301zena", "Çelik", "D. O\\u0027Neil", "Эльвира", "山田太郎", "محمد", "دنا", "🦀 crab",
        "\\ud83e\\udd80 crab", "Kim", "Nguyễn",
    ]

    private static let plain = [
        "the", "stream", "never", "sleeps", "today", "match", "goal", "rain", "coffee", "why", "do", "we", "count",
        "them", "all", "train", "late", "again", "love", "this", "song", "night", "vote", "news", "live", "from",
    ]

    /// What has broken parsers before: escapes, surrogates, right-to-left text, and JSON that is not JSON.
    private static let oddities = [
        #"\"quoted\""#, #"back\\slash"#, #"line\nbreak"#, #"tab\there"#, #"\u00e9t\u00e9"#, #"\ud83d\ude00"#,
        "😀👩‍👩‍👧‍👦", "مرحبا بالعالم", "שלום", "日本語のテキスト", "한국어", #"\u2028"#, #"{\"id_str\":\"1\"}"#,
        #"\"id\":123,"#, #"}]}"#, #"{{["#, #"a\/b"#, #"\u0000"#, "ﷺ", "\u{202E}rtl\u{202C}", #"\\\""#, "Ω≈ç√",
    ]
}
