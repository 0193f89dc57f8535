import CLibcurl

/// One GET over libcurl, driven by `poll` on one thread; knows nothing of what the bytes mean.
///
/// The body is handed out exactly as the server sent it: libcurl's own decoder stops at the second gzip member. Ending
/// it is letting go of it. Only the waker may be used from other threads.
///
/// Each transfer has its own caches of connections and names: another attempt resolves the name again and opens another
/// connection, so a server that moved is found. A proxy's CONNECT answer is no answer of the server's and is not shown.
public final class StreamTransfer {
    /// libcurl's receive buffer, in bytes: how much a visitor gets at most in one piece.
    public static let pieceBytesMax = 256 << 10

    private let multi: UnsafeMutableRawPointer
    private let easy: UnsafeMutableRawPointer
    private let waker: TransferWaker
    private let callbacks = TransferCallbacks()
    private let secrets: SecretTexts
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var end: TransferProgress?

    /// Prepares a request; it begins with the first `poll`.
    ///
    /// - Parameters:
    ///   - request: What to ask.
    ///   - waker: Who may wake `poll`.
    public init(_ request: StreamRequest, waker: TransferWaker) throws(TransferError) {
        guard isCurlReady, let multi = curl_multi_init(), let easy = curl_easy_init() else {
            throw .invalidRequest("libcurl cannot be initialised")
        }
        self.multi = multi
        self.easy = easy
        self.waker = waker
        secrets = SecretTexts(request)
        // Both belong to this object from here on: deinit runs on every throw below.
        try configure(request)
        try check(curl_multi_add_handle(multi, easy) == CURLM_OK, "the transfer cannot be added")
        waker.attach(multi)
    }

    deinit {
        waker.detach()
        curl_multi_remove_handle(multi, easy)
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        curl_slist_free_all(headers)
    }

    /// Moves bytes, waiting up to `timeout` for some.
    ///
    /// - Parameters:
    ///   - timeout: How long to wait where nothing is there.
    ///   - visit: Called on this thread for what came; may block, which stops the reading; false ends the transfer.
    public func poll(timeout: Duration, _ visit: (TransferEvent) -> Bool) -> TransferProgress {
        if let end { return end }
        let progress = withoutActuallyEscaping(visit) { visit in
            callbacks.visit = visit
            defer { callbacks.visit = nil }
            return step(timeout: timeout)
        }
        if progress != .ongoing { end = progress }
        return progress
    }

    private func step(timeout: Duration) -> TransferProgress {
        var running: Int32 = 0
        var code = curl_multi_perform(multi, &running)
        if code == CURLM_OK, running > 0 {
            let (seconds, attoseconds) = timeout.components
            let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
            code = curl_multi_poll(multi, nil, 0, Int32(clamping: max(0, milliseconds)), nil)
            if code == CURLM_OK { code = curl_multi_perform(multi, &running) }
        }
        guard code == CURLM_OK else {
            return .failed(.connection(code: Int(code.rawValue), String(cString: curl_multi_strerror(code))))
        }
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let result = message.pointee.data.result
            if result == CURLE_OK {
                callbacks.announceHead(easy)
                return callbacks.isCancelled ? .cancelled : .finished
            }
            if callbacks.isCancelled { return .cancelled }
            let text = secrets.removed(from: callbacks.errorText(result))
            return .failed(.connection(code: Int(result.rawValue), text))
        }
        return .ongoing
    }

    private func configure(_ request: StreamRequest) throws(TransferError) {
        let context = Unmanaged.passUnretained(callbacks).toOpaque()
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_USERAGENT, request.userAgent)
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_BUFFERSIZE, Self.pieceBytesMax)
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(request.connectTimeout / .milliseconds(1)))
        try set(CURLOPT_DNS_CACHE_TIMEOUT, request.nameCacheSeconds)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_HTTP_CONTENT_DECODING, 0)
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        if let proxy = request.proxy { try set(CURLOPT_PROXY, proxy) }
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        if let file = request.certificateAuthorityFile { try set(CURLOPT_CAINFO, file) }
        switch request.authorization {
        case .none: break
        case .basic(let username, let password):
            try set(CURLOPT_HTTPAUTH, decahose_curlauth_basic)
            try set(CURLOPT_USERNAME, username)
            try set(CURLOPT_PASSWORD, password)
        case .bearer(let token):
            try set(CURLOPT_HTTPAUTH, decahose_curlauth_bearer)
            try set(CURLOPT_XOAUTH2_BEARER, token)
        }
        // Set by us, not with CURLOPT_ACCEPT_ENCODING, which would switch libcurl's decoder on.
        headers = curl_slist_append(headers, "Accept-Encoding: gzip")
        try check(decahose_curl_set_list(easy, CURLOPT_HTTPHEADER, headers))
        try check(decahose_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, callbacks.errorBuffer.baseAddress))
        try check(decahose_curl_set_write(easy, CURLOPT_HEADERFUNCTION, receiveHeader))
        try check(decahose_curl_set_pointer(easy, CURLOPT_HEADERDATA, context))
        try check(decahose_curl_set_write(easy, CURLOPT_WRITEFUNCTION, receiveBody))
        try check(decahose_curl_set_pointer(easy, CURLOPT_WRITEDATA, context))
        callbacks.easy = easy
    }

    private func set(_ option: CURLoption, _ value: Int) throws(TransferError) {
        try check(decahose_curl_set_long(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(TransferError) {
        try check(decahose_curl_set_string(easy, option, value))
    }

    private func check(_ code: CURLcode) throws(TransferError) {
        try check(code == CURLE_OK, String(cString: curl_easy_strerror(code)))
    }

    private func check(_ isRight: Bool, _ text: String) throws(TransferError) {
        if !isRight { throw .invalidRequest(text) }
    }
}

/// Initialised once a process, before any thread uses libcurl.
private let isCurlReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
