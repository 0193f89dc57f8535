import ArgumentParser
import Settings

/// Reads values of options in the forms of the configuration, with errors that a command line can show.
enum OptionValue {
    static func duration(_ text: String) throws -> Duration {
        try read(text, ValueParser.duration)
    }

    static func size(_ text: String) throws -> Int {
        try read(text, ValueParser.size)
    }

    static func address(_ text: String) throws -> ListenAddress {
        try read(text, ValueParser.address)
    }

    private static func read<Value>(
        _ text: String,
        _ parse: (String) throws(ValueParser.Failure) -> Value
    ) throws -> Value {
        do {
            return try parse(text)
        } catch {
            throw ValidationError("'\(text)' is not \(error.expected)")
        }
    }
}
