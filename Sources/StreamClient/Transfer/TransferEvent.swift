/// What comes out of a transfer, in order: one head, then pieces of the body.
public enum TransferEvent {
    /// The head of the answer.
    case head(TransferHead)
    /// Bytes of the body as they were sent, still compressed; borrowed for the call.
    case body(UnsafeRawBufferPointer)
}

/// Whether a transfer goes on.
public enum TransferProgress: Hashable, Sendable {
    /// There is more to come.
    case ongoing
    /// The server ended the answer.
    case finished
    /// The visitor did not want any more.
    case cancelled
    /// It broke.
    case failed(TransferError)
}
