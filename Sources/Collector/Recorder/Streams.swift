import StatsCore

/// The position of every agent's sequence of frames, and the session that delivers it. Pure.
struct Streams {
    struct Stream: Sendable, Equatable {
        var node: String
        var epoch: UInt64
        /// Tells two agents with the same id and epoch apart; `nil` when the agent doesn't send it.
        var epochID: String?
        /// The last frame that was accepted.
        var accepted: UInt64
        /// The last frame that is on the disk.
        var durable: UInt64
        /// The connected session; `nil` while the agent is away.
        var session: UInt64?
        /// The agent's `fin` of the active run: everything up to this frame belongs to it.
        var fin: StreamPosition?
        /// Frames were refused while the disk was full; they have to be requested again.
        var needsRewind = false

        /// Whether everything that the agent had for the run is on the disk.
        var hasFinished: Bool { fin.map { $0.epoch == epoch && durable >= $0.seq } ?? false }
    }

    /// The result of admitting an agent.
    struct Admission: Sendable, Equatable {
        /// The position for `welcome`; `nil` for an unknown agent.
        let last: StreamPosition?
        /// The last accepted frame, after which the session continues.
        let accepted: UInt64
        /// An older session of the same agent, which has to end.
        let replaced: UInt64?
        /// How many frames are lost: the collector never got them, and the agent no longer has them.
        let lost: UInt64
    }

    /// How many agents are remembered. Beyond it, an agent that leaves is forgotten and counts as new when it comes back.
    static let memoryLimit = 20_000

    /// What is known of a node by its name.
    private struct Node {
        /// How it was written when it was first heard of.
        let spelling: String
        /// The agent that was first heard of with it.
        let first: String
        /// The agent that is connected with it.
        var connected: String?
    }

    /// By agent id.
    private(set) var all: [String: Stream] = [:]
    /// By name. Unicode has several forms of one text, such as é as one scalar or as two, and Swift calls them equal.
    private var nodes: [String: Node] = [:]

    subscript(agent: String) -> Stream? {
        get { all[agent] }
        set {
            if let old = all[agent], old.node != newValue?.node {
                if nodes[old.node]?.connected == agent { nodes[old.node]?.connected = nil }
                if nodes[old.node]?.first == agent, nodes[old.node]?.connected == nil { nodes[old.node] = nil }
            }
            all[agent] = newValue
            guard let new = newValue else { return }
            if nodes[new.node] == nil { nodes[new.node] = Node(spelling: new.node, first: agent) }
            if new.session != nil {
                nodes[new.node]?.connected = agent
            } else if nodes[new.node]?.connected == agent {
                nodes[new.node]?.connected = nil
            }
        }
    }

    /// A node's name as it was written when it was first heard of. Files hold bytes: without this, one node of the collector would be two for whoever reads them.
    func spelling(of node: String) -> String { nodes[node]?.spelling ?? node }

    /// Admits an agent, or throws why not.
    mutating func admit(_ hello: Hello, session: UInt64) throws(Refusal) -> Admission {
        if let other = nodes[hello.node]?.connected, other != hello.agent {
            throw Refusal(
                code: "node_in_use",
                message: "node `\(hello.node)` is connected already, with agent \(other); give this agent another name with --node")
        }
        let start = max(hello.firstUnacked, 1) - 1
        let known = all[hello.agent]
        if let known { try Fence.check(hello, against: known) }
        guard let known, known.epoch == hello.epoch else {
            self[hello.agent] = Stream(
                node: hello.node, epoch: hello.epoch, epochID: hello.epochID, accepted: start, durable: start, session: session)
            return Admission(
                last: known.map { _ in StreamPosition(epoch: hello.epoch, seq: start) }, accepted: start, replaced: known?.session, lost: 0)
        }
        var stream = known
        stream.epochID = known.epochID ?? hello.epochID
        let lost = start > known.accepted ? start - known.accepted : 0
        if lost > 0 {
            stream.accepted = start
            stream.durable = start
        }
        stream.node = hello.node
        stream.session = session
        // An agent that has ended its part of the run says so again. Who is back after it had left for another collector has more.
        if hello.isMember { stream.fin = nil }
        stream.needsRewind = false
        self[hello.agent] = stream
        return Admission(
            last: StreamPosition(epoch: stream.epoch, seq: stream.durable), accepted: stream.accepted, replaced: known.session, lost: lost)
    }

    /// The agent's frames up to `accepted` were taken.
    mutating func advance(_ agent: String, to accepted: UInt64, needsRewind: Bool) {
        all[agent]?.accepted = accepted
        // The agent has come back to a run that it had left.
        if let fin = all[agent]?.fin, fin.epoch == all[agent]?.epoch, fin.seq < accepted { all[agent]?.fin = nil }
        if needsRewind { all[agent]?.needsRewind = true }
    }

    /// Everything that was taken from the agent is on the disk.
    mutating func settle(_ agent: String) -> Stream? {
        guard let accepted = all[agent]?.accepted else { return nil }
        all[agent]?.durable = accepted
        return all[agent]
    }

    /// The session has ended.
    /// - Returns: whether it was the agent's current one.
    mutating func leave(_ agent: String, session: UInt64) -> Bool {
        guard all[agent]?.session == session else { return false }
        self[agent]?.session = nil
        if all.count > Self.memoryLimit { self[agent] = nil }
        return true
    }

    /// Forgets every `fin`, because a new run begins.
    mutating func forgetFins() {
        for agent in all.keys { all[agent]?.fin = nil }
    }

    /// The stream's entry in a commit record, valid once everything up to `accepted` is written.
    func record(of agent: String) -> CommitRecord.Stream? {
        all[agent].map { CommitRecord.Stream(node: $0.node, epoch: $0.epoch, seq: $0.accepted, epochID: $0.epochID) }
    }
}
