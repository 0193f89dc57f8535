import FoundationEssentials
import Operations
import Tweets

/// What the coordinator's board shows and offers.
enum CoordinatorRoutes {
    private struct BackfillBody: Decodable {
        var from: Instant
        var to: Instant
        var partition: Int?
        var dryRun: Bool?
    }

    private struct JobBody: Decodable {
        var job: String
    }

    private struct RateBody: Decodable {
        var job: String
        var rate: Int?
    }

    static func show(on board: StatusBoard, desk: CoordinatorDesk) {
        board.show("/status") { DocumentText.json(StatusDocument(desk.view)) }
        board.show("/gaps") {
            let view = desk.view
            return DocumentText.json(GapsDocument(view.gaps, jobs: view.jobs, lost: view.lost, at: view.at))
        }
        board.show("/jobs") { DocumentText.json(JobsDocument(desk.view.jobs, at: desk.view.at)) }
        board.show("/coverage") { DocumentText.json(CoverageDocument(desk.view.coverages)) }
        board.feed("/events") { DocumentText.json(DashboardDocument(desk.view)) }
        board.show("/census") { DocumentText.json(["census": desk.view.census]) }

        board.offer("/backfill") { body in
            guard let wish = try? JSONDecoder().decode(BackfillBody.self, from: Data(body)), wish.from < wish.to else {
                return .problem(
                    400,
                    "send {\"from\":\"2026-11-23T20:00:00Z\",\"to\":\"2026-11-23T21:00:00Z\"}, and \"partition\":1 for one"
                )
            }
            return await desk.ask(
                .backfill(
                    EventInterval(from: wish.from, to: wish.to),
                    partition: wish.partition,
                    isDryRun: wish.dryRun ?? false
                )
            )
        }
        offer("/jobs/pause", on: board, desk: desk) { .pause($0) }
        offer("/jobs/resume", on: board, desk: desk) { .resume($0) }
        offer("/jobs/cancel", on: board, desk: desk) { .cancel($0) }
        board.offer("/jobs/rate") { body in
            guard let body = try? JSONDecoder().decode(RateBody.self, from: Data(body)), body.rate ?? 1 > 0 else {
                return .problem(
                    400,
                    "send {\"job\":\"<id>\",\"rate\":500}, or without a rate for the job's share of all"
                )
            }
            return await desk.ask(.rate(body.job, body.rate))
        }
    }

    private static func offer(
        _ path: String,
        on board: StatusBoard,
        desk: CoordinatorDesk,
        _ wish: @escaping @Sendable (String) -> CoordinatorDesk.Wish
    ) {
        board.offer(path) { body in
            guard let body = try? JSONDecoder().decode(JobBody.self, from: Data(body)) else {
                return .problem(400, "send {\"job\":\"<id>\"}")
            }
            return await desk.ask(wish(body.job))
        }
    }
}
