extension Instant: CustomStringConvertible {
    /// ISO 8601 in UTC with milliseconds, for example `2026-11-23T20:45:01.250Z`.
    public var description: String {
        let (date, time) = dateAndTime
        return "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))T"
            + "\(pad(time / 3_600_000, 2)):\(pad(time / 60000 % 60, 2)):\(pad(time / 1000 % 60, 2))"
            + ".\(pad(time % 1000, 3))Z"
    }

    /// `YYYYMMDDHHMM` in UTC, the form of `fromDate` and `toDate` of a Replay request.
    public var replayMinute: String {
        let (date, time) = dateAndTime
        return pad(date.year, 4) + pad(date.month, 2) + pad(date.day, 2) + pad(time / 3_600_000, 2)
            + pad(time / 60000 % 60, 2)
    }

    /// `YYYY-MM-DDTHH:mm:ssZ`, the form of `start_time` and `end_time` of a v2 recovery request.
    public var isoSecond: String {
        String(description.dropLast(5)) + "Z"
    }

    /// Reads `YYYY-MM-DDTHH:mm[:ss[.fraction]]` with `Z` or an offset such as `+00:00`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        var scanner = DigitScanner(text.utf8)
        guard let year = scanner.number(digits: 4), scanner.skip("-"),
            let month = scanner.number(digits: 2), (1...12).contains(month), scanner.skip("-"),
            let day = scanner.number(digits: 2), (1...31).contains(day), scanner.skip("T"),
            let hour = scanner.number(digits: 2), hour < 24, scanner.skip(":"),
            let minute = scanner.number(digits: 2), minute < 60
        else { return nil }
        var second = 0
        var fraction = 0
        if scanner.skip(":") {
            guard let value = scanner.number(digits: 2), value <= 60 else { return nil }
            second = value
            if scanner.skip(".") {
                guard let value = scanner.milliseconds() else { return nil }
                fraction = value
            }
        }
        guard let offset = scanner.zone(), scanner.isAtEnd else { return nil }
        let civil = CivilDate(year: year, month: month, day: day)
        guard CivilDate(daysSince1970: civil.daysSince1970) == civil else { return nil }
        let ofDay = ((hour - offset.hours) * 60 + minute - offset.minutes) * 60 + second
        self.init(milliseconds: Int64(civil.daysSince1970 * 86_400_000 + ofDay * 1000 + fraction))
    }

    private var dateAndTime: (date: CivilDate, millisecondOfDay: Int) {
        let day = alignedDown(to: .seconds(86400))
        return (
            CivilDate(daysSince1970: Int(day.milliseconds / 86_400_000)), Int(milliseconds - day.milliseconds)
        )
    }
}

extension Instant: Codable {
    /// The times that a record may hold, the years 1000 to 8999: so far from the ends of what four digits can say that no
    /// span of ours leads from one of them to a time that cannot be written.
    private static let recordable =
        Instant(milliseconds: -30_610_224_000_000)..<Instant(milliseconds: 221_845_392_000_000)

    /// Reads the ISO 8601 form of a time in the years 1000 to 8999.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let instant = Instant(text), Self.recordable.contains(instant) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "'\(text.prefix(40))' is no ISO 8601 time"
            )
        }
        self = instant
    }

    /// Writes the ISO 8601 form of this time, or of the nearest that can be read back: nothing was ever created beyond.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let last = Instant(milliseconds: Self.recordable.upperBound.milliseconds - 1)
        try container.encode(min(max(self, Self.recordable.lowerBound), last).description)
    }
}

private func pad(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

/// Reads fixed-width decimal fields off the front of a text.
private struct DigitScanner {
    private var rest: ArraySlice<UInt8>

    init(_ text: some Sequence<UInt8>) {
        rest = Array(text)[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(digits count: Int) -> Int? {
        guard rest.count >= count else { return nil }
        var value = 0
        for byte in rest.prefix(count) {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        rest.removeFirst(count)
        return value
    }

    mutating func milliseconds() -> Int? {
        var value = 0
        var digits = 0
        while let digit = number(digits: 1) {
            digits += 1
            if digits <= 3 { value = value * 10 + digit }
        }
        guard digits > 0 else { return nil }
        for _ in digits..<max(3, digits) { value *= 10 }
        return value
    }

    mutating func zone() -> (hours: Int, minutes: Int)? {
        if skip("Z") { return (0, 0) }
        let sign: Int
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = number(digits: 2) else { return nil }
        _ = skip(":")
        guard let minutes = number(digits: 2) else { return nil }
        return (sign * hours, sign * minutes)
    }
}
