import FoundationEssentials
import Operations
import StreamClient
import Tweets

extension DemoRunner {
    private struct Status: Decodable {
        var redundancy: [String: Int]?
    }

    /// How many connections deliver each stream partition, as the coordinator tells it to operators; nil without answer.
    func redundancyInForce() throws -> [Int]? {
        guard let output = troupe.process("coordinator")?.output,
            let field = output.split(whereSeparator: { $0 == " " || $0 == "\n" }).last(where: {
                $0.hasPrefix("url=http://")
            })
        else { return nil }
        guard let answer = try? WebRequest(url: field.dropFirst(4) + "/status", timeout: .seconds(5)).send(),
            let status = try? JSONDecoder().decode(Status.self, from: Data(answer.body))
        else { return nil }
        return status.redundancy?.sorted { $0.key < $1.key }.map(\.value)
    }
}
