import Ingest
import Testing

@Suite("When to come back")
struct ReconnectPolicyTests {
    private static func delays(_ cause: ReconnectPolicy.Cause, _ attempts: Int) -> [Duration] {
        var policy = ReconnectPolicy()
        return (0..<attempts).map { _ in policy.decide(cause).delay }
    }

    @Test("after a minute of life a dropped connection comes back at once")
    func dropped() {
        #expect(Self.delays(.dropped(lived: .seconds(60)), 2) == [.zero, .zero])
    }

    @Test("a drop within the first minute follows the row of TCP errors")
    func flapping() {
        #expect(
            Self.delays(.dropped(lived: .seconds(59)), 3)
                == [.milliseconds(250), .milliseconds(500), .milliseconds(750)]
        )
    }

    @Test("TCP errors grow by 250 ms and stop at 16 s")
    func network() {
        let delays = Self.delays(.network, 70)
        #expect(delays[63] == .seconds(16))
        #expect(delays[62] == .milliseconds(15750))
        #expect(delays[69] == .seconds(16))
    }

    @Test(
        "HTTP errors double from 5 s to 320 s",
        arguments: [ReconnectPolicy.Cause.serverError, .unauthorized, .refused, .placeTaken]
    )
    func http(cause: ReconnectPolicy.Cause) {
        #expect(Self.delays(cause, 8) == [5, 10, 20, 40, 80, 160, 320, 320].map { .seconds($0) })
    }

    @Test("429 doubles from a minute")
    func rateLimit() {
        #expect(Self.delays(.rateLimited, 6) == [60, 120, 240, 480, 960, 960].map { .seconds($0) })
    }

    @Test("the upper bound is reported, because a person must look")
    func upperBound() {
        var policy = ReconnectPolicy()
        let decisions = (0..<7).map { _ in policy.decide(.serverError) }
        #expect(decisions.map(\.isAtUpperBound) == [false, false, false, false, false, false, true])
        #expect(decisions.map(\.attempt) == Array(1...7))
    }

    @Test("what the server asks lengthens a delay and never shortens it")
    func serverAsks() {
        var policy = ReconnectPolicy()
        #expect(policy.decide(.serverError, serverAsks: .seconds(1)).delay == .seconds(5))
        #expect(policy.decide(.serverError, serverAsks: .seconds(100)).delay == .seconds(100))
    }

    @Test("each row counts for itself, and a minute of life clears all of them")
    func counts() {
        var policy = ReconnectPolicy()
        _ = policy.decide(.serverError)
        _ = policy.decide(.network)
        #expect(policy.decide(.serverError).delay == .seconds(10))
        #expect(policy.decide(.network).delay == .milliseconds(500))
        _ = policy.decide(.dropped(lived: .seconds(61)))
        #expect(policy.decide(.serverError).delay == .seconds(5))
    }
}
