import Logging
import StatsCore

extension Recorder {
    /// A run that is about to begin.
    struct Arming {
        /// The id that it will have.
        let run: String
        let path: RunPath
        /// The group of a run that several collectors begin together.
        let group: String?
        let began: Int64
        /// Sessions whose agents were told, and haven't said yet that they are ready.
        var awaited: Set<UInt64>
        /// How long the slowest of the agents took that are ready (µs).
        var slowest: Int64 = 0
        var isOver: CheckedContinuation<Void, Never>?
    }

    /// What a start knows when it has waited for its agents.
    struct Readiness {
        /// The id that the run will have.
        let run: String
        /// Nodes that weren't ready in time.
        let late: [String]
        /// How long the slowest of the others took (µs).
        let slowest: Int64
    }

    /// How long a start waits for agents to be ready, in µs.
    static let armingLimit: Int64 = 10_000_000

    /// Has all agents measure the clock and read everything once, and waits until they have, but no longer than `armingLimit`.
    ///
    /// Agents of earlier versions can't be asked and aren't waited for.
    /// - Returns: the nodes that weren't ready in time, and how long (µs) the slowest of the others took.
    func prepare(_ run: String, _ path: RunPath, group: String?) async -> (late: [String], slowest: Int64) {
        let asked = members.filter { $0.value.hello.takes?.contains(Prepare.type) == true }
        guard !asked.isEmpty else { return ([], 0) }
        arming = Arming(run: run, path: path, group: group, began: clock.now(), awaited: Set(asked.keys))
        send(.prepare(Prepare(run: run)), to: asked.values)
        await withCheckedContinuation { arming?.isOver = $0 }
        defer { arming = nil }
        return (arming?.awaited.compactMap { connections[$0]?.hello.node }.sorted() ?? [], arming?.slowest ?? 0)
    }

    /// An agent is ready for the run that is about to begin.
    func note(_ ready: Ready, session: UInt64) {
        guard let arming, arming.run == ready.run, arming.awaited.contains(session) else { return }
        self.arming?.slowest = clock.now() - arming.began
        stopAwaiting(session)
    }

    /// Waits no longer for the agent of a session, which is ready or has gone.
    func stopAwaiting(_ session: UInt64) {
        arming?.awaited.remove(session)
        if arming?.awaited.isEmpty == true { endArming() }
    }

    /// Has the start that waits for agents go on without those that aren't ready.
    func endArming() {
        arming?.isOver?.resume()
        arming?.isOver = nil
    }

    func ageArming(at now: Int64) {
        if let arming, now >= arming.began + Self.armingLimit { endArming() }
    }
}
