/// Why a stream ended before its time.
enum StreamEnd: Error {
    /// A fault dropped it.
    case dropped
    /// The client went away.
    case clientGone
    /// The simulator stops.
    case stopping
    /// The client read too slowly and could not be told.
    case fullBuffer
}
