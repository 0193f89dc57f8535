/// The head of an answer: its status and headers.
public struct TransferHead: Hashable, Sendable {
    /// The status code.
    public let status: Int
    private let headers: [String: String]

    init(status: Int, headers: [String: String]) {
        self.status = status
        self.headers = headers
    }

    /// The value of a header; of several with the name, the last.
    ///
    /// - Parameter name: In lower case.
    public func header(_ name: String) -> String? { headers[name] }
}
