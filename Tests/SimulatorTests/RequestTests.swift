import Foundation
import Simulator
import Testing
import Tweets
import World

extension LoopbackTests {
    @Suite("A request for a stream")
    struct RequestTests {
        @Test("needs gzip in gnip, credentials, a stream partition and sensible backfill")
        func refusals() async throws {
            try await RunningSimulator.with(RunningSimulator.options(dialect: .gnip)) { simulator in
                let authorization = "Authorization: Basic " + Data("decahose:decahose".utf8).base64EncodedString()
                let wrong = "Authorization: Basic " + Data("decahose:wrong".utf8).base64EncodedString()
                let path = simulator.live(1)
                let cases: [(String, [String], Int)] = [
                    (path, [authorization], 406),
                    (path, ["Accept-Encoding: gzip"], 401),
                    (path, ["Accept-Encoding: gzip", wrong], 401),
                    (simulator.live(3), ["Accept-Encoding: gzip", authorization], 406),
                    (simulator.live(1, backfill: 6), ["Accept-Encoding: gzip", authorization], 406),
                    (simulator.live(1, product: "firehose"), ["Accept-Encoding: gzip", authorization], 404),
                    ("/2/tweets/sample10/stream?partition=1", ["Authorization: Bearer decahose"], 404),
                ]
                for (path, headers, status) in cases {
                    let received = try await simulator.read(path, headers: headers)
                    #expect(received.status == status, "\(path) \(headers)")
                    #expect(!received.wire.isEmpty)
                }
            }
            try await RunningSimulator.with(RunningSimulator.options(dialect: .v2)) { simulator in
                let headers = ["Authorization: Bearer decahose"]
                let partition = try await simulator.read(simulator.live(9), headers: headers).status
                #expect(partition == 400)
                let token = try await simulator.read(simulator.live(1), headers: ["Authorization: Bearer x"]).status
                #expect(token == 401)
            }
        }

        @Test("is counted, and one too many is refused with the time to wait", arguments: StreamDialect.allCases)
        func budget(dialect: StreamDialect) async throws {
            var options = RunningSimulator.options(dialect: dialect)
            options.requestLimit = 3
            options.requestWindow = .seconds(600)
            try await RunningSimulator.with(options) { simulator in
                var received: [ReceivedStream] = []
                for _ in 0..<4 { received.append(try await simulator.read(simulator.live(1)) { !$0.plain.isEmpty }) }
                #expect(received.map(\.status) == [200, 200, 200, 429])
                switch dialect {
                case .gnip:
                    let wait = received[3].headers["retry-after"].flatMap { Int($0) }
                    #expect((500...601).contains(wait ?? 0))
                case .v2:
                    #expect(received.map { $0.headers["x-rate-limit-remaining"] } == ["2", "1", "0", "0"])
                    #expect(received.allSatisfy { $0.headers["x-rate-limit-limit"] == "3" })
                    let reset = received[3].headers["x-rate-limit-reset"].flatMap { Double($0) }
                    #expect((500...602).contains((reset ?? 0) - Date().timeIntervalSince1970))
                }
            }
        }

        @Test("beyond the allowed copies is told so inside the stream, and closed", arguments: StreamDialect.allCases)
        func redundancy(dialect: StreamDialect) async throws {
            let options = RunningSimulator.options(dialect: dialect)
            try await RunningSimulator.with(options) { simulator in
                let path = simulator.live(2)
                async let first = simulator.read(path, name: "a") { $0.heartbeats >= 3 }
                async let second = simulator.read(path, name: "b") { $0.heartbeats >= 3 }
                var open = 0
                while open < 2 {
                    let body = try await simulator.send("GET", "/connections").body
                    let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
                    let list = object?["connections"] as? [[String: Any]] ?? []
                    open = list.count { $0["partition"] as? Int == 2 }
                    if open == 2 {
                        #expect(Set(list.compactMap { $0["name"] as? String }) == ["a", "b"])
                        #expect(Set(list.compactMap { $0["place"] as? Int }) == [0, 1])
                    }
                }
                let third = try await simulator.read(path)
                let other = try await simulator.read(simulator.live(1)) { $0.tweetIDs.count > 3 }
                _ = try await [first, second]
                #expect(third.status == 200)
                #expect(third.endedCleanly)
                #expect(third.objects.count == 1)
                let object = try #require(third.objects.first)
                switch dialect {
                case .gnip:
                    let message = (object["error"] as? [String: Any])?["message"] as? String
                    #expect(message == "Forced Disconnect: Too many connections. (Allowed Connections = 2)")
                case .v2:
                    let error = (object["errors"] as? [[String: Any]])?.first
                    #expect(error?["connection_issue"] as? String == "TooManyConnections")
                }
                // The limit is per stream partition.
                #expect(other.tweetIDs.count > 3)
            }
        }

        @Test("takes a place that a killed client has left")
        func places() async throws {
            var options = RunningSimulator.options()
            options.redundancy = 1
            options.world.rate = 0
            options.heartbeat = .seconds(30)
            try await RunningSimulator.with(options) { simulator in
                for _ in 0..<3 {
                    // Nothing is sent that could tell the server of the death; only the client's end does.
                    var received = ReceivedStream()
                    repeat {
                        received = try await simulator.read(simulator.live(1)) { $0.status == 200 && $0.plain.isEmpty }
                    } while !received.plain.isEmpty
                    #expect(received.status == 200)
                }
            }
        }

        @Test("and everything else has an answer")
        func control() async throws {
            try await RunningSimulator.with(RunningSimulator.options()) { simulator in
                let unknown = try await simulator.send("GET", "/nothing").status
                #expect(unknown == 404)
                let kind = try await simulator.send("POST", "/faults", #"{"kind":"earthquake"}"#).status
                #expect(kind == 400)
                let time = try await simulator.send("GET", "/truth?from=yesterday").status
                #expect(time == 400)
                let name = try await simulator.send("DELETE", "/faults/f9").status
                #expect(name == 404)
                let status = try await simulator.send("GET", "/status").body
                let object = try JSONSerialization.jsonObject(with: Data(status.utf8)) as? [String: Any]
                #expect(object?["dialect"] as? String == "v2")
            }
        }

        @Test("for the truth gets the same IDs in all three formats")
        func truth() async throws {
            try await RunningSimulator.with(RunningSimulator.options()) { simulator in
                let from = simulator.options.world.start
                let interval = EventInterval(from: from + .seconds(3), to: from + .seconds(33))
                let wanted = simulator.world.tweets(in: interval, partition: 1)
                let ids = try await simulator.truth(interval, partition: 1)
                #expect(ids == wanted.map(\.description))

                let query = "from=\(interval.from)&to=\(interval.to)"
                let json = try await simulator.send("GET", "/truth?\(query)").body
                let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
                let parts = try #require(object["partitions"] as? [String: [String: Any]])
                #expect(parts["1"]?["ids"] as? [String] == wanted.map(\.description))
                let deletes = (parts["1"]?["deletes"] as? [[String: String]] ?? []).compactMap { $0["id"] }
                let deleted = wanted.filter { simulator.world.deletion(of: $0) != nil }
                #expect(deletes == deleted.map(\.description))
                #expect(!deleted.isEmpty)
                #expect(object["count"] as? Int == wanted.count + (parts["2"]?["ids"] as? [String] ?? []).count)

                let lines = try await simulator.send("GET", "/truth?format=ndjson&partition=1&\(query)").body
                #expect(lines.split(separator: "\n").count == wanted.count)
            }
        }
    }
}
