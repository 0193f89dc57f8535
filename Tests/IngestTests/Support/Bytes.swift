import Foundation
import Ingest
import Tweets

/// Calls `body` with the UTF-8 bytes of `text`.
func withBytes<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withBytes(Array(text.utf8), body)
}

/// Calls `body` with the bytes, in memory that ends exactly where they end.
func withBytes<Result>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    return body(UnsafeRawBufferPointer(copy))
}

/// What the scanner says of a line.
func classify(_ text: String) -> StreamMessage {
    classify(Array(text.utf8))
}

/// What the scanner says of a line.
func classify(_ bytes: [UInt8]) -> StreamMessage {
    let scanner = TweetIDScanner()
    return withBytes(bytes) { scanner.classify($0) }
}

/// The real payload lines of a corpus file beside the package; empty where the folder does not exist.
func corpusLines(_ name: String) -> [[UInt8]] {
    let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let file = package.deletingLastPathComponent().appendingPathComponent("shared/corpus/\(name).ndjson")
    guard let data = try? Data(contentsOf: file) else { return [] }
    return data.split(separator: 0x0A).map(Array.init)
}
