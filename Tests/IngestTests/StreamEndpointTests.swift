import Ingest
import Testing
import Tweets

@Suite("Requests of both dialects")
struct StreamEndpointTests {
    private let gnip = StreamEndpoint(dialect: .gnip, product: .sample10, account: "Acme", label: "prod")
    private let v2 = StreamEndpoint(
        dialect: .v2,
        product: .sample10,
        account: "",
        label: "",
        baseURL: "http://127.0.0.1:1"
    )

    @Test("the live address names the stream partition, and backfill only where it is asked")
    func live() {
        let gnipBase = "https://gnip-stream.twitter.com/stream/sample10/accounts/Acme/publishers/twitter/prod.json"
        #expect(gnip.liveURL(partition: 2, backfillMinutes: 0) == gnipBase + "?partition=2")
        #expect(gnip.liveURL(partition: 2, backfillMinutes: 3) == gnipBase + "?partition=2&backfillMinutes=3")
        #expect(gnip.liveURL(partition: 2, backfillMinutes: 9) == gnipBase + "?partition=2&backfillMinutes=5")
        let v2Base = "http://127.0.0.1:1/2/tweets/sample10/stream"
        #expect(v2.liveURL(partition: 1, backfillMinutes: 0) == v2Base + "?partition=1")
        #expect(v2.liveURL(partition: 1, backfillMinutes: 5) == v2Base + "?partition=1&backfill_minutes=5")
    }

    @Test("compliance and the firehose are rows of the same table")
    func products() {
        let compliance = StreamEndpoint(dialect: .v2, product: .compliance, account: "", label: "")
        #expect(
            compliance.liveURL(partition: 4, backfillMinutes: 0)
                == "https://api.x.com/2/tweets/compliance/stream?partition=4"
        )
        let firehose = StreamEndpoint(dialect: .gnip, product: .firehose, account: "A/b", label: "dev 1")
        #expect(
            firehose.liveURL(partition: 20, backfillMinutes: 0)
                == "https://gnip-stream.twitter.com/stream/firehose/accounts/A%2Fb/publishers/twitter/dev%201.json?partition=20"
        )
    }

    @Test("recovery names its range as the dialect writes times, in UTC")
    func recovery() throws {
        let range = EventInterval(
            from: try #require(Instant("2026-11-23T20:45:00Z")),
            to: try #require(Instant("2026-11-23T22:40:00Z"))
        )
        #expect(
            gnip.recoveryURL(range: range, partition: 1)
                == "https://gnip-stream.gnip.com/replay/sample10/accounts/Acme/publishers/twitter/prod.json"
                + "?fromDate=202611232045&toDate=202611232240"
        )
        #expect(
            v2.recoveryURL(range: range, partition: 2)
                == "http://127.0.0.1:1/2/tweets/sample10/stream?partition=2"
                + "&start_time=2026-11-23T20:45:00Z&end_time=2026-11-23T22:40:00Z"
        )
    }

    @Test("the head of an answer gives the server's clock and what it asks to wait")
    func answers() throws {
        let headers = [
            "date": "Mon, 23 Nov 2026 21:05:49 GMT", "retry-after": "7", "x-rate-limit-reset": "1795468000",
            "x-rate-limit-remaining": "0", "content-encoding": "gzip",
        ]
        let answer = HTTPAnswer(status: 429) { headers[$0] }
        #expect(answer.date == Instant("2026-11-23T21:05:49Z"))
        #expect(answer.retryAfter == .seconds(7))
        #expect(answer.rateLimitReset == .seconds(51))
        #expect(answer.rateLimitRemaining == 0)
        #expect(answer.isGzip)
        let later = HTTPAnswer(status: 503) {
            ["date": "Sun, 06 Nov 1994 08:49:37 GMT", "retry-after": "Sun, 06 Nov 1994 08:50:37 GMT"][$0]
        }
        #expect(later.retryAfter == .seconds(60))
        #expect(!later.isGzip)
    }

    @Test("the first start ever asks one minute, a start after a time that nobody remembers all that there is")
    func backfillWithoutRightEnd() {
        let now = Instant(seconds: 1_800_000_000)
        #expect(BackfillSizing.minutes(now: now, rightEnd: nil, isFirstStart: true, limit: 5) == 1)
        #expect(BackfillSizing.minutes(now: now, rightEnd: nil, isFirstStart: false, limit: 5) == 5)
    }

    @Test(
        "backfill is asked from the last covered moment, rounded up",
        arguments: [(0, 1), (49, 1), (50, 1), (51, 2), (110, 2), (111, 3), (290, 5), (291, 5), (90000, 5), (-500, 1)]
    )
    func backfill(secondsMissing: Int64, minutes: Int) {
        let now = Instant(seconds: 1_800_000_000)
        let rightEnd = now - .seconds(secondsMissing)
        #expect(BackfillSizing.minutes(now: now, rightEnd: rightEnd, isFirstStart: false, limit: 5) == minutes)
    }
}
