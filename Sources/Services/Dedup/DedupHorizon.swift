import Dedup
import Operations
import Settings
import Tweets

/// What the horizon must be, and what it costs.
enum DedupHorizon {
    /// The longest job of a recovery.
    private static let chunk: Duration = .seconds(2 * 3600)
    /// Recovered Tweets come at three times the live rate, so a chunk takes a third of its length.
    private static let recoverySpeed = 3
    private static let margin: Duration = .seconds(3600)

    /// The shortest that keeps recovered Tweets from being late.
    static func shortest(window: Duration) -> Duration {
        window + chunk / recoverySpeed + margin
    }

    /// Refuses a horizon that is too short.
    static func check(_ settings: DedupSettings) throws(ExitError) {
        let shortest = shortest(window: settings.api.recoveryWindow)
        guard settings.horizon < shortest else { return }
        let origin = settings.horizonOrigin.map { " (\($0))" } ?? ""
        throw ExitError(
            .configuration,
            """
            dedup.horizon\(origin) is \(minutes(settings.horizon)), and must be at least \(minutes(shortest)): \
            \(minutes(settings.api.recoveryWindow)) of the recovery window of stream.api, \
            \(minutes(chunk / recoverySpeed)) that a recovery of 2 h takes, and \(minutes(margin)) to spare. Tweets \
            recovered beyond it would be late and go to the topic of late ones.
            """
        )
    }

    private static func minutes(_ duration: Duration) -> String { "\(duration.milliseconds / 60_000) min" }

    /// The price of the horizon, as a line.
    static func forecast(_ timing: DedupTiming) -> String {
        let lines = [600.0, 6000.0].map { rate in
            let forecast = DedupForecast(horizon: timing.horizon, rate: rate, freezeAfter: timing.freezeAfter)
            return "\(forecast.ids / 1_000_000) million IDs, \(forecast.bytes >> 20) MiB at \(Int(rate)) Tweets/s"
        }
        return "A horizon of \(timing.horizon.milliseconds / 3_600_000) h takes at most, over all instances: "
            + lines.joined(separator: "; ") + "."
    }
}
