import CLibcurl

/// One small HTTP request whose whole answer fits in memory: for control interfaces, never for the stream.
///
/// It blocks the calling thread.
public struct WebRequest: Sendable {
    /// A request that got no answer.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// Where it was sent.
        public var url: String
        /// libcurl's words.
        public var reason: String

        /// What happened and to what.
        public var description: String { "no answer from \(url): \(reason)" }
    }

    /// An answer.
    public struct Answer: Sendable {
        /// The HTTP status.
        public var status: Int
        /// The body, at most ``WebRequest/answerBytesMax``.
        public var body: [UInt8]
    }

    /// A larger answer is a failure.
    public static let answerBytesMax = 256 << 20

    private let method: String
    private let url: String
    private let body: [UInt8]
    private let headers: [String]
    private let timeout: Duration

    /// A request to be sent once or more.
    ///
    /// - Parameters:
    ///   - method: `GET`, `POST`, `DELETE`.
    ///   - url: The whole URL.
    ///   - body: JSON, for a POST.
    ///   - headers: `Name: value` each.
    ///   - timeout: For all of it, from one millisecond on.
    public init(
        method: String = "GET",
        url: String,
        body: [UInt8] = [],
        headers: [String] = [],
        timeout: Duration = .seconds(30)
    ) {
        self.method = method
        self.url = url
        self.body = body
        self.headers = headers
        self.timeout = timeout
    }

    /// Sends it and waits for the whole answer.
    public func send() throws(Failure) -> Answer {
        guard let handle = curl_easy_init() else { throw Failure(url: url, reason: "libcurl gives no handle") }
        defer { curl_easy_cleanup(handle) }
        var list: UnsafeMutablePointer<curl_slist>?
        for header in headers + ["Content-Type: application/json", "Expect:"] { list = curl_slist_append(list, header) }
        defer { curl_slist_free_all(list) }
        let (seconds, attoseconds) = timeout.components
        let milliseconds = Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
        _ = decahose_curl_set_string(handle, CURLOPT_URL, url)
        _ = decahose_curl_set_string(handle, CURLOPT_CUSTOMREQUEST, method)
        _ = decahose_curl_set_list(handle, CURLOPT_HTTPHEADER, list)
        _ = decahose_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        _ = decahose_curl_set_long(handle, CURLOPT_TIMEOUT_MS, milliseconds)
        if !body.isEmpty {
            _ = decahose_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, body.count)
            // COPYPOSTFIELDS copies, so that the pointer need not outlive the call.
            _ = body.withUnsafeBytes { bytes in
                decahose_curl_set_pointer(
                    handle,
                    CURLOPT_COPYPOSTFIELDS,
                    UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                )
            }
        }
        let collector = Unmanaged.passRetained(BodyCollector())
        defer { collector.release() }
        _ = decahose_curl_set_write(handle, CURLOPT_WRITEFUNCTION, collectBody)
        _ = decahose_curl_set_pointer(handle, CURLOPT_WRITEDATA, collector.toOpaque())
        let code = curl_easy_perform(handle)
        guard code == CURLE_OK else { throw Failure(url: url, reason: String(cString: curl_easy_strerror(code))) }
        var status = 0
        _ = decahose_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return Answer(status: status, body: collector.takeUnretainedValue().bytes)
    }
}

private final class BodyCollector {
    var bytes: [UInt8] = []
}

/// Called by libcurl on the thread of ``WebRequest/send()``, once for each piece of the body.
private func collectBody(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let context else { return 0 }
    let collector = Unmanaged<BodyCollector>.fromOpaque(context).takeUnretainedValue()
    guard collector.bytes.count + size * count <= WebRequest.answerBytesMax else { return 0 }
    collector.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
    return size * count
}
