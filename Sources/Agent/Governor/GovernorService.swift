import Logging
import NIOCore
import StatsCore

/// Follows a policy: looks at each tick after it is written, decides, has the engine do it, and tells of each decision as an event.
///
/// It runs beside the sampler, which never waits for it: of ticks that come faster than it looks the newest counts.
struct GovernorService: Service {
    let policy: GovernorPolicy
    /// Where the sampler leaves each tick.
    let ticks: TickMailbox
    let index: ContainerIndex
    let api: EngineAPI
    let journal: GovernorJournal
    let logger: Logger
    /// How long the engine may take beyond the time that it gives a container.
    var patience = TimeAmount.seconds(10)

    /// How long the events of the last actions wait for a tick at the end, in microseconds: for the next one, if it isn't too far.
    private static let farewell: ClosedRange<Int64> = 3_000_000...15_000_000
    /// How long something decided may wait until the engine is asked, in microseconds; two ticks when those are longer.
    private static let delay: Int64 = 5_000_000

    /// A mailbox for the governor. Behind a pause of the process or of the machine a tick is too old to act on; the next one counts.
    static func mailbox() -> TickMailbox { TickMailbox { tick, now in now - tick.instant > max(2 * tick.interval, 1_000_000) } }

    func run() async throws {
        await withGracefulShutdownHandler {
            await watch()
        } onGracefulShutdown: {
            ticks.finish()
        }
        api.client.close()
        let farewell = min(max((ticks.times?.interval ?? 1_000_000) / 4 * 5, Self.farewell.lowerBound), Self.farewell.upperBound)
        let deadline = ContinuousClock.now + .microseconds(farewell)
        while index.hasEvents, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(20)) }
    }

    private func watch() async {
        var governor = Governor(policy)
        recall(&governor)
        var sight = GovernorSight(index: index, own: OwnContainer())
        await withDiscardingTaskGroup { group in
            for await _ in ticks.wakes() {
                guard let tick = ticks.take() else { continue }
                let times = tick.times
                let limit = times.instant + max(2 * times.interval, Self.delay)
                for decision in governor.decide(sight.snapshot(tick), at: times.instant) {
                    if policy.mode == .enforce {
                        group.addTask { await carryOut(decision, until: limit) }
                    } else {
                        tell(decision, result: "dry run", since: nil)
                    }
                }
            }
        }
    }

    /// Takes over the actions that were begun before this agent was started.
    private func recall(_ governor: inout Governor) {
        let now = Clocks.monotonicMicroseconds()
        if let damage = journal.damage, policy.mode == .enforce {
            let wait = HumanUnits.duration(microseconds: damage.until - now)
            index.post(ContainerEvent(kind: "action", message: "the governor does nothing for \(wait): \(damage)"))
            logger.error(
                "the governor waits until what was done before has cooled down", metadata: ["reason": "\(damage)", "wait": "\(wait)"])
        }
        for entry in journal.known {
            governor.recall(actionOn: entry.id, ago: now.saturatingSubtracting(entry.begun))
            guard !entry.isDone else { continue }
            index.post(
                ContainerEvent(
                    kind: "action", containerID: entry.id, container: entry.name,
                    message: "\(entry.action) (\(entry.group)): begun by an agent that ended before the engine had answered; not done again"
                ))
            note { try journal.end(entry.id, at: now) }
        }
    }

    /// - Parameter limit: after what time, of the monotonic clock in microseconds, it is too late.
    private func carryOut(_ decision: GovernorDecision, until limit: Int64) async {
        let begin = Clocks.monotonicMicroseconds()
        do {
            let victim = decision.victim
            try journal.begin(.init(id: victim.id, name: victim.name, group: decision.group, action: decision.action.name, begun: begin))
        } catch let damage as GovernorJournal.Damaged {
            return tell(decision, result: "not done", reason: "\(damage)", since: begin)
        } catch {
            // Without the note an agent that is killed now would do it twice.
            return tell(decision, result: "not done", reason: "the state directory can't be written: \(error)", since: begin)
        }
        guard Clocks.monotonicMicroseconds() <= limit else {
            note { try journal.end(decision.victim.id, at: Clocks.monotonicMicroseconds()) }
            return tell(decision, result: "not done", reason: "the readings have become too old", since: begin)
        }
        do {
            let hasChanged = try await api.act(decision.action, on: decision.victim.id, within: patience(of: decision.action))
            tell(decision, result: hasChanged ? "done" : "was so already", since: begin)
        } catch {
            switch error.code {
            case .status(404), .status(409): tell(decision, result: "gone by itself", reason: error.message, since: begin)
            case .timeout, .closed, .cancelled: tell(decision, result: "unknown", reason: "\(error)", since: begin)
            default: tell(decision, result: "failed", reason: "\(error)", since: begin)
            }
        }
        note { try journal.end(decision.victim.id, at: Clocks.monotonicMicroseconds()) }
    }

    private func patience(of action: GovernorAction) -> TimeAmount {
        switch action {
        case .stop(let timeout), .restart(let timeout): .seconds(Int64(timeout)) + patience
        default: patience
        }
    }

    private func tell(_ decision: GovernorDecision, result: String, reason: String? = nil, since begin: Int64?) {
        let duration = begin.map { Clocks.monotonicMicroseconds() - $0 }
        let detail = decision.detail { out in
            out.member("result", result)
            if let reason { out.member("reason", reason) }
            guard let duration else { return }
            out.append(",\"duration_us\":")
            out.append(decimal: duration)
        }
        let said = reason.map { ": \($0)" } ?? ""
        index.post(
            ContainerEvent(
                kind: "action", containerID: decision.victim.id, container: decision.victim.name,
                message: "\(decision.action.name) (\(decision.group)): \(result)\(said); \(decision.why)", detail: detail))
        logger.info(
            "the governor has decided",
            metadata: [
                "container": "\(decision.victim.name)", "action": "\(decision.action.name)", "result": "\(result)",
                "why": "\(decision.why)",
            ])
    }

    /// A failure is only logged: this life knows that the action has ended, and the note is for the next one.
    private func note(_ body: () throws -> Void) {
        do { try body() } catch { logger.warning("the governor can't keep what it has done", metadata: ["reason": "\(error)"]) }
    }
}
