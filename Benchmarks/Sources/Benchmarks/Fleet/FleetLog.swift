/// When each frame of a run was sent and acknowledged, in microseconds since tick 0.
struct FleetLog {
    let run: Message.Run
    let ticks: Int
    private let agents: Int
    private var sentAt: [Int32]
    private var acknowledgedAt: [Int32]

    private static let never = Int32.min

    init(_ run: Message.Run, agents: Int) {
        self.run = run
        self.agents = agents
        ticks = Int(run.ticks ?? 0)
        sentAt = Array(repeating: Self.never, count: ticks * agents)
        acknowledgedAt = sentAt
    }

    mutating func noteSent(_ tick: UInt64, _ agent: Int, at now: Int64) { note(&sentAt, tick, agent, now) }

    mutating func noteAcknowledged(_ tick: UInt64, _ agent: Int, at now: Int64) { note(&acknowledgedAt, tick, agent, now) }

    private func note(_ times: inout [Int32], _ tick: UInt64, _ agent: Int, _ now: Int64) {
        guard tick < ticks else { return }
        times[Int(tick) * agents + agent] = Int32(clamping: now - run.t0)
    }

    /// From the instant of each tick on the grid to its acknowledgement; those that were acknowledged.
    var acknowledgements: [Double] { differences(from: { tick, _ in Int64(tick) * run.interval }) }

    /// From the moment when a frame was given to the kernel to its acknowledgement.
    var answers: [Double] { differences(from: { tick, agent in Int64(sentAt[tick * agents + agent]) }) }

    private func differences(from start: (Int, Int) -> Int64) -> [Double] {
        var values: [Double] = []
        values.reserveCapacity(acknowledgedAt.count)
        for tick in 0..<ticks {
            for agent in 0..<agents where acknowledgedAt[tick * agents + agent] != Self.never {
                values.append(Double(Int64(acknowledgedAt[tick * agents + agent]) - start(tick, agent)))
            }
        }
        return values
    }

    /// From each instant on the grid until the fleet had sent: what the fleet itself adds.
    var sendings: [Double] {
        sentAt.indices.compactMap { sentAt[$0] == Self.never ? nil : Double(Int64(sentAt[$0]) - Int64($0 / agents) * run.interval) }
    }

    /// Frames that were acknowledged only when the next tick was due, or never.
    var late: Int {
        acknowledgedAt.indices.count {
            acknowledgedAt[$0] == Self.never || Int64(acknowledgedAt[$0]) > (Int64($0 / agents) + 1) * run.interval
        }
    }

    private var hasAllFirst: Bool { acknowledgedAt.prefix(agents).allSatisfy { $0 != Self.never } }

    /// When the last agent had sent its tick 0, and when the last was acknowledged; in microseconds since 1970.
    var first: (sent: Int64, acknowledged: Int64)? {
        guard let sent = sentAt.prefix(agents).max(), let acknowledged = acknowledgedAt.prefix(agents).max(), hasAllFirst else {
            return nil
        }
        return (run.t0 + Int64(sent), run.t0 + Int64(acknowledged))
    }
}
