import Ingest
import Testing
import Tweets

private func message(_ line: String) -> SystemMessage? {
    guard case .notice(let kind) = classify(line) else { return nil }
    return withBytes(line) { SystemMessage($0, kind: kind) }
}

@Suite("What the upstream says about the stream")
struct SystemMessageTests {
    @Test("a Replay's three outcomes")
    func replay() throws {
        let done =
            #"{"info":{"message":"Replay Request Completed","sent":"2014-05-14T14:31:20+00:00","activity_count":8874}}"#
        #expect(message(done) == .recoveryCompleted(activityCount: 8874))
        let errors =
            #"{"info":{"message":"Replay Request Completed with Errors","activity_count":5,"#
            + #""minutes_failed":["2013-02-20T00:05:00+00:00","2013-02-20T00:06:00+00:00"]}}"#
        let first = try #require(Instant("2013-02-20T00:05:00Z"))
        #expect(message(errors) == .recoveryIncomplete(minutesFailed: [first, first + .seconds(60)]))
        let failed =
            #"{"info":{"message":"Replay Request Failed to Complete","unprocessed_range":"#
            + #"{"fromDate":"201302200005","toDate":"2013-02-20T00:06:00+00:00"}}}"#
        #expect(
            message(failed) == .recoveryFailed(unprocessed: EventInterval(from: first, to: first + .seconds(60)))
        )
        #expect(
            message(#"{"info":{"message":"Recovery Request Completed"}}"#) == .recoveryCompleted(activityCount: nil)
        )
    }

    @Test("errors of both generations are told apart")
    func errors() {
        let tooMany = "Forced Disconnect: Too many connections. (Allowed Connections = 2)"
        #expect(message(#"{"error":{"message":"\#(tooMany)"}}"#) == .tooManyConnections(tooMany))
        let full =
            "Force closing connection to 1.2.3.4 because it reached the maximum allowed backup (buffer size is 5)"
        #expect(message(#"{"error":{"message":"\#(full)"}}"#) == .fullBuffer(full))
        let deploy = "sample10 is closing for operational reasons"
        #expect(message(#"{"error":{"message":"\#(deploy)"}}"#) == .operationalDisconnect(deploy))
        #expect(message(#"{"error":{"message":"Something else"}}"#) == .disconnect("Something else"))
        let operational =
            #"{"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect"}]}"#
        #expect(message(operational) == .operationalDisconnect(operational))
        let issue = #"{"title":"ConnectionException","connection_issue":"TooManyConnections"}"#
        #expect(message(issue) == .tooManyConnections(issue))
    }

    @Test("older notices are kept as text and close nothing")
    func notices() {
        let warning = #"{"warning":{"code":"FALLING_BEHIND","percent_full":60}}"#
        #expect(message(warning) == .notice(warning))
        #expect(message(warning)?.closesConnection == false)
    }
}
