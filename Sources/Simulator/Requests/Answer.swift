import HTTPTypes
import HummingbirdCore
import NIOCore
import Operations
import Tweets
import World

/// A short answer that is no stream.
struct Answer: Sendable {
    var status: Int
    var headers = HTTPFields()
    var contentType = "application/json"
    var body: ByteBuffer

    init(status: Int = 200, headers: HTTPFields = HTTPFields(), json: String) {
        self.status = status
        self.headers = headers
        body = ByteBuffer(string: json)
    }

    init(text: ByteBuffer) {
        status = 200
        contentType = "text/plain; charset=utf-8"
        body = text
    }

    static func problem(_ status: Int, _ text: String) -> Answer {
        Answer(status: status, json: #"{"error":\#(JSONText.quoted(text))}"# + "\n")
    }

    func write(to writer: consuming ResponseWriter) async throws {
        var headers = headers
        headers[.contentType] = contentType
        headers[.contentLength] = String(body.readableBytes)
        if headers[.date] == nil { headers[.date] = TimeTexts(second: WallClock.now().milliseconds / 1000).http }
        try await writer.write(
            response: HTTPResponse(status: .init(code: status), headerFields: headers),
            body: .init(byteBuffer: body)
        )
    }
}
