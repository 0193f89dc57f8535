public import Tweets

/// What the upstream says about the stream itself, in both generations' words.
public enum StreamText {
    /// An error or notice inside the stream, without the line's end.
    public static func message(_ message: FaultMessage, dialect: StreamDialect, limit: Int, at now: Instant) -> String {
        switch (message, dialect) {
        case (.operational, .gnip):
            error("This stream is closing for operational reasons", now)
        case (.operational, .v2):
            problem("operational-disconnect", "OperationalDisconnect", "closed for operational reasons")
        case (.upstream, .gnip):
            error("The upstream stream is closing for operational reasons", now)
        case (.upstream, .v2):
            problem(
                "operational-disconnect",
                "UpstreamOperationalDisconnect",
                "disconnected upstream for operational reasons"
            )
        case (.tooManyConnections, .gnip):
            error("Forced Disconnect: Too many connections. (Allowed Connections = \(limit))", now)
        case (.tooManyConnections, .v2):
            #"{"errors":[{"title":"ConnectionException","detail":"This stream is currently at the maximum allowed "#
                + #"connection limit.","connection_issue":"TooManyConnections","#
                + #""type":"https://api.twitter.com/2/problems/streaming-connection"}]}"#
        case (.warning, _):
            #"{"warning":{"code":"FALLING_BEHIND","message":"Your connection is falling behind.","percent_full":60}}"#
        case (.limit, _):
            #"{"limit":{"track":1234}}"#
        case (.disconnect, _):
            #"{"disconnect":{"code":4,"stream_name":"sim","reason":"The server closes."}}"#
        case (.unheardOf, _):
            #"{"weather":{"forecast":"more Tweets","id_str":"1500000000000000012"}}"#
        }
    }

    /// Whether the connection ends after the message.
    public static func ends(_ message: FaultMessage) -> Bool {
        switch message {
        case .operational, .upstream, .tooManyConnections, .disconnect: true
        case .warning, .limit, .unheardOf: false
        }
    }

    /// The client read too slowly.
    public static func fullBuffer(dialect: StreamDialect, bytes: Int, remote: String, at now: Instant) -> String {
        switch dialect {
        case .gnip:
            error(
                "Force closing connection to \(remote) because it reached the maximum allowed backup "
                    + "(buffer size is \(bytes)).",
                now
            )
        case .v2:
            problem(
                "operational-disconnect",
                "operational-disconnect",
                "disconnected because the client reads too slowly"
            )
        }
    }

    /// A recovery is complete.
    public static func completed(dialect: StreamDialect, count: Int, missing: [Instant], at now: Instant) -> String {
        let name = dialect == .gnip ? "Replay" : "Recovery"
        guard !missing.isEmpty else {
            return info("\(name) Request Completed", #""activity_count":\#(count)"#, now)
        }
        let minutes = missing.map { "\"\(offset($0))\"" }.joined(separator: ",")
        return info(
            "\(name) Request Completed with Errors",
            #""activity_count":\#(count),"minutes_failed":[\#(minutes)]"#,
            now
        )
    }

    /// A recovery ended before its end.
    public static func failed(dialect: StreamDialect, rest: EventInterval, at now: Instant) -> String {
        switch dialect {
        case .gnip:
            info(
                "Replay Request Failed to Complete",
                #""unprocessed_range":{"fromDate":"\#(offset(rest.from))","toDate":"\#(offset(rest.to))"}"#,
                now
            )
        case .v2:
            problem(
                "operational-disconnect",
                "UpstreamOperationalDisconnect",
                "disconnected before the recovery was complete"
            )
        }
    }

    private static func error(_ text: String, _ now: Instant) -> String {
        #"{"error":{"message":"\#(text)","sent":"\#(offset(now))"}}"#
    }

    private static func info(_ text: String, _ more: String, _ now: Instant) -> String {
        #"{"info":{"message":"\#(text)","sent":"\#(offset(now))",\#(more)}}"#
    }

    private static func problem(_ title: String, _ type: String, _ detail: String) -> String {
        #"{"errors":[{"title":"\#(title)","disconnect_type":"\#(type)","detail":"This stream has been \#(detail).","#
            + #""type":"https://api.twitter.com/2/problems/operational-disconnect"}]}"#
    }

    /// `2013-02-20T00:05:00+00:00`.
    private static func offset(_ instant: Instant) -> String {
        String(instant.isoSecond.dropLast()) + "+00:00"
    }
}
