import Tweets

/// The bytes of a changelog record.
///
/// Version (1), checksum (4, little-endian), and then variable-length numbers, seven bits a byte: number, next offset,
/// stream time + 1 and late line + 1 (0 for none), count of IDs, count of far-future IDs; each ID as twice the
/// difference to the one before, plus 1 if it is deleted; each far-future one likewise, and the time received; up to the
/// end: minute, stream partition and count of what recovery brought first.
extension SeenRecord {
    private static let version: UInt8 = 1
    private static let headerBytes = 5

    /// Writes the record behind what `bytes` holds already; 4 to 5 bytes an ID at a few hundred a second.
    public func encode(into bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: [Self.version, 0, 0, 0, 0])
        Self.append(number, to: &bytes)
        Self.append(UInt64(max(0, nextOffset)), to: &bytes)
        Self.append(Self.code(progress.streamTime), to: &bytes)
        Self.append(Self.code(progress.lateLine), to: &bytes)
        Self.append(UInt64(entries.count), to: &bytes)
        Self.append(UInt64(farFuture.count), to: &bytes)
        var last: UInt64 = 0
        for entry in entries {
            Self.append((entry.id - last) << 1 | (entry.isDeleted ? 1 : 0), to: &bytes)
            last = entry.id
        }
        last = 0
        for entry in farFuture {
            Self.append((entry.id - last) << 1 | (entry.isDeleted ? 1 : 0), to: &bytes)
            Self.append(UInt64(max(0, entry.received)), to: &bytes)
            last = entry.id
        }
        for part in recovered {
            Self.append(UInt64(max(0, part.minute)), to: &bytes)
            Self.append(UInt64(max(0, part.stream)), to: &bytes)
            Self.append(UInt64(max(0, part.count)), to: &bytes)
        }
        let checksum = bytes.withUnsafeBytes {
            Checksum.of(UnsafeRawBufferPointer(rebasing: $0[(start + Self.headerBytes)...]))
        }
        for index in 0..<4 { bytes[start + 1 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
    }

    /// Reads a record; bytes from anywhere give an error, never a crash.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(SeenRecordError) {
        var entries: [Entry] = []
        self = try Self.read(bytes) { _, count in
            entries.reserveCapacity(count)
        } entry: { id, isDeleted in
            entries.append(Entry(id: id, isDeleted: isDeleted))
        }
        self.entries = entries
    }

    /// Reads a record without keeping its ordinary IDs: restores read tens of millions of them.
    ///
    /// - Parameters:
    ///   - bytes: The record, from anywhere. Damage is found before anything is told of it; an error later than that is one
    ///     of whoever wrote it.
    ///   - begin: Takes what stands before the IDs, and how many of them there will be.
    ///   - entry: Takes each ordinary ID, in order.
    /// - Returns: All but those IDs.
    @inline(__always)
    static func read(
        _ bytes: UnsafeRawBufferPointer,
        begin: (_ head: SeenRecord, _ count: Int) -> Void,
        entry: (_ id: UInt64, _ isDeleted: Bool) -> Void
    ) throws(SeenRecordError) -> SeenRecord {
        guard bytes.count > headerBytes else { throw .malformed }
        guard bytes[0] == version else { throw .version(bytes[0]) }
        let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
        let body = UnsafeRawBufferPointer(rebasing: bytes[headerBytes...])
        guard Checksum.of(body) == stored else { throw .checksum }
        var reader = NumberReader(bytes: body)
        guard let number = reader.next(), number > 0, let offset = reader.next(), offset <= UInt64(Int64.max),
            let streamTime = reader.next(), let lateLine = reader.next(), streamTime < 1 << 60, lateLine < 1 << 60,
            let count = reader.next(), let farCount = reader.next(),
            // Each takes a byte at the least, so no list is longer than what is left.
            count <= UInt64(body.count), farCount <= UInt64(body.count)
        else { throw .malformed }
        var record = SeenRecord(
            number: number,
            nextOffset: Int64(offset),
            progress: DedupProgress(streamTime: instant(streamTime), lateLine: instant(lateLine))
        )
        begin(record, Int(count))
        var last: UInt64 = 0
        for _ in 0..<count {
            last = try id(after: last, reader.next())
            entry(last >> 1, last & 1 == 1)
            last >>= 1
        }
        last = 0
        for _ in 0..<farCount {
            let coded = try id(after: last, reader.next())
            guard let received = reader.next(), received < 1 << 60 else { throw .malformed }
            last = coded >> 1
            record.farFuture.append(
                FarFutureEntry(id: last, isDeleted: coded & 1 == 1, received: Int64(received))
            )
        }
        while !reader.isAtEnd {
            guard let minute = reader.next(), let stream = reader.next(), let count = reader.next(),
                minute < 1 << 40, stream < 1 << 16, count < 1 << 32
            else { throw .malformed }
            record.recovered.append(Recovered(minute: Int64(minute), stream: Int(stream), count: Int(count)))
        }
        return record
    }

    /// The ID that a difference leads to, shifted, with its mark in the lowest bit.
    @inline(__always)
    private static func id(after last: UInt64, _ coded: UInt64?) throws(SeenRecordError) -> UInt64 {
        guard let coded, coded > 1 else { throw .malformed }
        let (id, overflow) = last.addingReportingOverflow(coded >> 1)
        guard !overflow, id <= UInt64(Int64.max) else { throw .malformed }
        return id << 1 | coded & 1
    }

    private static func code(_ instant: Instant?) -> UInt64 {
        instant.map { UInt64(max(0, $0.milliseconds)) + 1 } ?? 0
    }

    private static func instant(_ code: UInt64) -> Instant? {
        code == 0 ? nil : Instant(milliseconds: Int64(code - 1))
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Reads variable-length numbers, seven bits a byte, the lowest first.
private struct NumberReader {
    let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    /// The next number; nil where the bytes end or it is longer than 64 bits.
    @inline(__always)
    mutating func next() -> UInt64? {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if shift == 63, byte > 1 { return nil }
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
            if shift > 63 { return nil }
        }
        return nil
    }
}
