import Glibc

/// The secrets of a request in every form in which a server or a library could repeat them, to be taken out of texts
/// that people will see.
public struct SecretTexts: Sendable {
    /// What stands where a secret stood.
    public static let replacement = "redacted"
    /// A shorter secret would take innocent texts apart, and protects nothing.
    public static let bytesMin = 4

    /// Where libcurl looks for a proxy that the request does not name.
    private static let proxyVariables = [
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
    ]

    private let texts: [[UInt8]]

    /// The secrets of a request.
    public init(_ request: StreamRequest) {
        var texts: [String] = []
        switch request.authorization {
        case .none: break
        case .basic(let username, let password):
            texts += [password, Self.percentEncoded(password), Self.base64("\(username):\(password)")]
        case .bearer(let token):
            texts += [token, Self.percentEncoded(token)]
        }
        if let proxy = request.proxy { texts += Self.secrets(ofProxy: proxy) }
        for variable in Self.proxyVariables {
            if let value = getenv(variable) { texts += Self.secrets(ofProxy: String(cString: value)) }
        }
        // The longest first, so that no part of one is left beside its replacement.
        self.texts = Set(texts).map { Array($0.utf8) }.filter { $0.count >= Self.bytesMin }
            .sorted { $0.count > $1.count }
    }

    /// The text without the secrets.
    public func removed(from text: String) -> String {
        var bytes = Array(text.utf8)
        for secret in texts { bytes = Self.replaced(secret, in: bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func replaced(_ secret: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= secret.count else { return bytes }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == secret[0], bytes[index...].starts(with: secret) {
                result += Array(replacement.utf8)
                index += secret.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    /// The part before the host, whole and by itself, as written and as it goes over the wire.
    private static func secrets(ofProxy proxy: String) -> [String] {
        let address = proxy.firstRange(of: "://").map { proxy[$0.upperBound...] } ?? proxy[...]
        guard let at = address.lastIndex(of: "@") else { return [] }
        let credentials = address[..<at]
        let password = credentials.firstIndex(of: ":").map { credentials[credentials.index(after: $0)...] }
        return [credentials, password ?? ""].flatMap { text in
            let plain = percentDecoded(text)
            return [String(text), plain, base64(plain)]
        }
    }

    private static func percentEncoded(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
    }

    private static func percentDecoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Base64 (RFC 4648, section 4), as HTTP Basic sends credentials.
    private static func base64(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".unicodeScalars)
        let bytes = Array(text.utf8)
        var result = String.UnicodeScalarView()
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for place in 0..<4 {
                let isPadding = place > group.count
                result.append(isPadding ? "=" : alphabet[Int(word >> (18 - 6 * UInt32(place)) & 63)])
            }
        }
        return String(result)
    }
}
