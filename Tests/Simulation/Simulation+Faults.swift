import Ingest
import ModelLog
import Tweets

/// How each kind of fault hits.
extension Simulation {
    func begin(_ fault: Fault) {
        tell(.fault, -1, Int64(FaultKind.allCases.firstIndex(of: fault.kind) ?? 0), fault.length)
        if hit(fault) { injected[fault.kind, default: 0] += 1 }
    }

    /// - Returns: Whether there was somebody to hit.
    private func hit(_ fault: Fault) -> Bool {
        switch fault.kind {
        case .cut, .halfOpen, .silence, .slowNetwork, .junk, .farewell:
            return hitLinks(fault)
        case .lag, .withheld, .oversize:
            // The upstream has them from the plan.
            return fault.length > 0
        case .refused, .lyingBackfill, .recoveryTrouble, .kafkaAway, .leaderChange, .lostAcknowledgements,
            .transactionErrors, .slowCommits, .lateMarkers, .refusedRecords, .cutOff:
            inForce[fault.kind] = fault
            return true
        case .fatalProducer:
            let bridges = processes.compactMap { $0 as? BridgeProcess }.filter { $0.place == fault.target }
            for bridge in bridges { bridge.replaceProducer() }
            return !bridges.isEmpty
        case .retention:
            let number = Int(fault.value * Double(plan.kafkaPartitions))
            let end = log["raw", number].end
            retain(number, from: max(0, end - Int64(fault.value * 1000) % 100))
            return end > 0
        case .compaction:
            compact()
            return true
        case .uncleanElection:
            let number = Int(fault.value * Double(plan.kafkaPartitions))
            return truncate(number, by: 1 + Int64(fault.value * 1000) % 300)
        case .changelogLost:
            let number = Int(fault.value * Double(plan.kafkaPartitions))
            return cutChangelog(number, share: fault.value)
        case .offsetsExpired:
            let down = 40_000 + fault.length / 4
            for process in processes where process.role == .dedup { kill(process, down: down) }
            expireOffsets(until: now + down)
            return true
        case .bridgeCrash, .dedupCrash, .coordinatorCrash:
            let role: SimulatedProcess.Role =
                fault.kind == .bridgeCrash ? .bridge : fault.kind == .dedupCrash ? .dedup : .coordinator
            arm(role, countdown: Int(fault.value * 40), down: fault.length)
            return true
        case .bridgeRestart:
            let bridges = processes.compactMap { $0 as? BridgeProcess }.filter { $0.place == fault.target }
            for bridge in bridges { bridge.shutDown(for: fault.length) }
            return !bridges.isEmpty
        case .powerLoss:
            for process in processes {
                kill(process, down: fault.length / 4 + Int64(random.next() % UInt64(fault.length / 2 + 1)))
            }
            return true
        case .stall:
            return stall(fault)
        case .twin:
            let role: SimulatedProcess.Role = fault.value < 0.6 ? .bridge : .dedup
            guard let old = processes.first(where: { $0.role == role && $0.place == fault.target }) else {
                return false
            }
            guard processes.count(where: { $0.role == role && $0.place == fault.target }) < 2,
                !(role == .dedup && operatorAtWork.holdsDedup)
            else { return false }
            if Int(fault.value * 1000) % 2 == 0 { old.stalledUntil = now + fault.length }
            start(role, fault.target, takesOver: fault.value < 0.3)
            return true
        case .clockJump:
            let index = Int(fault.value * 6)
            moveClock(index, by: Int64((fault.value * 6 - Double(index) - 0.5) * 1_800_000), until: fault.end)
            tell(.clock, -1, Int64(index), skew[index])
            return true
        }
    }

    private func hitLinks(_ fault: Fault) -> Bool {
        let links = upstream.links[fault.stream].filter { $0.copy == fault.target && !$0.isOver && $0.openedAt <= now }
        for link in links {
            switch fault.kind {
            case .cut: link.cut(fault.value < 0.5 ? .serverClosed : .network("cut"))
            case .halfOpen: link.isHalfOpen = true
            case .silence: link.silentUntil = fault.end
            case .slowNetwork: link.slowUntil = fault.end
            case .farewell:
                link.farewell(UpstreamLines.farewells[Int(fault.value * Double(UpstreamLines.farewells.count))])
            default:
                for _ in 0..<1 + Int(fault.value * 8) {
                    link.insert(UpstreamLines.junk[Int(random.next() % UInt64(UpstreamLines.junk.count))])
                }
            }
        }
        return !links.isEmpty
    }

    private func stall(_ fault: Fault) -> Bool {
        let role = Int(fault.value * 3)
        guard let process = processes.first(where: { $0.role.rawValue == role && $0.place == fault.target }) else {
            return false
        }
        process.stalledUntil = now + fault.length
        tell(.stalled, process.who, fault.length)
        return true
    }
}
