import Glibc

/// Kafka's own protocol on a socket, as far as an idempotent producer's batches need it.
///
/// librdkafka sends a batch again only where an answer was lost, which nobody can order; here each batch is sent as often
/// as a scenario likes. https://kafka.apache.org/protocol
final class WireClient {
    private let socket: Int32
    private var correlation: Int32 = 0

    /// Connects.
    init(host: String, port: Int32) throws {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let address = found else {
            throw Refusal.other("\(host) is not known")
        }
        defer { freeaddrinfo(found) }
        socket = Glibc.socket(address.pointee.ai_family, address.pointee.ai_socktype, 0)
        guard connect(socket, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 else {
            close(socket)
            throw Refusal.other("\(host):\(port) cannot be reached: error \(errno)")
        }
    }

    deinit { close(socket) }

    /// Sends a request and gives its answer's body.
    func ask(_ api: Int16, version: Int16, _ body: WireBytes) throws -> WireReader {
        correlation += 1
        var request = WireBytes()
        request.add(api)
        request.add(version)
        request.add(correlation)
        request.add(text: "decahose-test")
        request.bytes += body.bytes
        var framed = WireBytes()
        framed.add(Int32(request.bytes.count))
        framed.bytes += request.bytes
        var sent = 0
        while sent < framed.bytes.count {
            let count = framed.bytes[sent...].withUnsafeBytes { send(socket, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { throw Refusal.other("the broker hung up: error \(errno)") }
            sent += count
        }
        var length = WireReader(try receive(4))
        var answer = WireReader(try receive(Int(try length.integer(Int32.self))))
        guard try answer.integer(Int32.self) == correlation else { throw Refusal.other("an answer to something else") }
        return answer
    }

    private func receive(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var received = 0
        while received < count {
            let more = bytes[received...].withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
            guard more > 0 else { throw Refusal.other("the broker hung up: error \(errno)") }
            received += more
        }
        return bytes
    }
}

/// Bytes of a request, in the order of the network.
struct WireBytes {
    var bytes: [UInt8] = []

    mutating func add(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
    }

    mutating func add(text: String) {
        add(Int16(text.utf8.count))
        bytes += text.utf8
    }

    /// A zigzag number of seven bits a byte.
    mutating func add(varint value: Int) {
        var rest = UInt64(bitPattern: Int64((value << 1) ^ (value >> 63)))
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// CRC-32C, bit by bit: batches are small.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = .max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = (sum >> 1) ^ (sum & 1 == 0 ? 0 : 0x82F6_3B78) }
        }
        return ~sum
    }
}

/// Reads an answer.
struct WireReader {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    mutating func integer<Value: FixedWidthInteger>(_: Value.Type) throws -> Value {
        let size = MemoryLayout<Value>.size
        guard bytes.count >= size else { throw Refusal.other("an answer that is too short") }
        let value = bytes.prefix(size).reduce(Value(0)) { $0 << 8 | Value(truncatingIfNeeded: $1) }
        bytes.removeFirst(size)
        return value
    }

    mutating func skipText() throws {
        let count = Int(try integer(Int16.self))
        guard bytes.count >= count else { throw Refusal.other("an answer that is too short") }
        bytes.removeFirst(max(0, count))
    }
}
