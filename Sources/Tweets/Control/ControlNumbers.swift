/// A look at a control record's JSON before it is decoded.
public enum ControlNumbers {
    /// The longest whole number that is a count or an offset, in digits: a thousand of them can be added up.
    public static let digitsMax = 15

    /// Whether no number in the text is longer than any count or offset of Kafka can be.
    ///
    /// Control can be written to by others, and sums of what it says must not overflow, now or in whatever reads it later.
    /// Numbers with an exponent are refused too; those with a fraction may come from a newer version and pass.
    ///
    /// - Parameter json: The record's value; whether it is JSON is for its decoder to say.
    public static func areCounts(_ json: some Sequence<UInt8>) -> Bool {
        var isInString = false
        var isEscaped = false
        var digits = 0
        for byte in json {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                isInString = true
                digits = 0
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits += 1
                if digits > digitsMax { return false }
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                // In true and false it follows a letter.
                if digits > 0 { return false }
            default:
                digits = 0
            }
        }
        return true
    }
}
