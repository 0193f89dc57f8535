import NIOCore
import World

/// Turns lines into what a connection carries.
///
/// Confined to the task of its connection.
protocol StreamCompressor: AnyObject {
    /// How many bytes wait for ``take(endsMember:)``.
    var pendingBytes: Int { get }
    /// How many plain bytes were appended in all.
    var plainBytes: Int { get }

    /// Appends a Tweet.
    func append(_ values: SlotValues)

    /// Appends a line with its end.
    func append(_ line: [UInt8])

    /// What is to be written now; it may end anywhere in a Tweet, and the rest follows at the next call.
    ///
    /// - Parameter endsMember: Whether a gzip member ends somewhere in it and another begins.
    func take(endsMember: Bool) -> ByteBuffer

    /// Everything left, with the end of the member.
    func finish() -> ByteBuffer
}
