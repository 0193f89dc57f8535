import CLibcurl

/// What libcurl's callbacks work on; lives as long as its transfer and is used by the transfer's thread only.
final class TransferCallbacks {
    /// Where events go while a `poll` runs.
    var visit: ((TransferEvent) -> Bool)?
    /// The transfer's handle; borrowed.
    var easy: UnsafeMutableRawPointer?
    /// Whether the visitor wanted no more.
    private(set) var isCancelled = false
    /// libcurl's own words on an error, ended by a zero byte.
    let errorBuffer: UnsafeMutableBufferPointer<CChar>

    private var headers: [String: String] = [:]
    private var isHeadAnnounced = false

    init() {
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorBuffer.initialize(repeating: 0)
    }

    deinit {
        errorBuffer.deallocate()
    }

    /// A line of a head: every status line begins a new one, since there may be interim answers and a proxy's.
    func header(_ line: UnsafeRawBufferPointer) {
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            headers = [:]
            return
        }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = text[..<colon].lowercased()
        headers[name] = Self.trimmed(text[text.index(after: colon)...])
    }

    /// A piece of the body.
    ///
    /// - Returns: Whether the transfer goes on.
    func body(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let easy { announceHead(easy) }
        guard !isCancelled, let visit else { return false }
        if !visit(.body(bytes)) { isCancelled = true }
        return !isCancelled
    }

    /// Hands the head out, once: at the blank line after a final status, else before the body or at the end.
    func announceHead(_ easy: UnsafeMutableRawPointer) {
        guard !isHeadAnnounced, !isCancelled, let visit else { return }
        var status = 0
        decahose_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        guard status >= 200 else { return }
        isHeadAnnounced = true
        if !visit(.head(TransferHead(status: status, headers: headers))) { isCancelled = true }
    }

    /// What libcurl says of an error.
    func errorText(_ code: CURLcode) -> String {
        guard let base = errorBuffer.baseAddress, base.pointee != 0 else {
            return String(cString: curl_easy_strerror(code))
        }
        return String(cString: base)
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.utf8.first, first <= 0x20 { text = text.dropFirst() }
        while let last = text.utf8.last, last <= 0x20 { text = Substring(text.utf8.dropLast()) }
        return String(text)
    }
}

/// Runs on the thread that polls, for each line of a head, its end included; must not throw or call the transfer.
func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let context else { return 0 }
    let callbacks = Unmanaged<TransferCallbacks>.fromOpaque(context).takeUnretainedValue()
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    let isBlank = line.allSatisfy { $0 == 0x0D || $0 == 0x0A }
    if isBlank, let easy = callbacks.easy { callbacks.announceHead(easy) } else { callbacks.header(line) }
    return callbacks.isCancelled ? 0 : size * count
}

/// Runs on the thread that polls, for each piece of the body; must not throw or call the transfer.
func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let context else { return 0 }
    let callbacks = Unmanaged<TransferCallbacks>.fromOpaque(context).takeUnretainedValue()
    // Any other number than what was given makes libcurl end the transfer; a piece is never empty.
    return callbacks.body(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}
