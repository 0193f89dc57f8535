import FuzzSupport

/// Fuzzes the status server of a coordinator: the bytes of one client's connection, through the real decoder, routes and
/// answers, on one thread and without a socket.
@main
enum HttpFuzzer {
    static func main() { FuzzDriver.run(testOneInput) }
}

private let server = PlayedServer()

/// libFuzzer calls it with each input; a trap is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let client = ClientBytes(UnsafeBufferPointer(start: bytes, count: count))
    server.reset()
    let connection = PlayedConnection(server)
    for read in client.reads { connection.receive(read) }
    connection.judge(client)
    return 0
}
