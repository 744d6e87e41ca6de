import NIOCore
import ServiceLifecycle
import StatsCore

/// What everybody who looks on sees: once a second it compares the newest values with those of the second before, and hands what changed to all
/// who follow `GET /stream`, made once for all of them.
actor LiveHub {
    struct NodeState {
        var node: LiveNode
        /// The newest rows, and those before, which rates are made of.
        var rows = LiveRows()
        var previous = LiveRows()
        var containers = LiveContainers()
        var history: LiveHistory<NodeSeries>
        /// When its agent was lost, on the collector's clock.
        var lostAt: Int64?
    }

    /// One who follows the stream.
    struct Subscription {
        let id: Int
        let snapshot: ByteBuffer
        /// Ends when the collector does, and for one who takes its events too slowly to be up to date.
        let updates: AsyncStream<ByteBuffer>
    }

    /// A node that was lost is listed that long (µs).
    private static let lostTime: Int64 = 600_000_000
    /// How many events a newcomer is told.
    private static let happeningLimit = 100
    /// How many may follow at once.
    static let subscriberLimit = 64
    /// How many events may wait for one who follows.
    private static let eventLimit = 8

    private let live: LiveStore
    let clock: CollectorClock
    private let report: @Sendable () async -> StatusReport

    private(set) var nodes: [String: NodeState] = [:]
    /// By node and id, also of containers that may come back.
    private(set) var histories: [String: [String: LiveHistory<ContainerSeries>]] = [:]
    /// What happened last, oldest first.
    private var happenings: [LiveHappening] = []
    private var lastHappened: UInt64 = 0
    private var status: StatusReport?
    private(set) var beats = 0
    private var lastKey = 0
    private var subscribers: [Int: AsyncStream<ByteBuffer>.Continuation] = [:]
    private var lastSubscriber = 0
    private var hasEnded = false

    /// - Parameter report: what `GET /status` answers.
    init(live: LiveStore, clock: CollectorClock, report: @escaping @Sendable () async -> StatusReport) {
        self.live = live
        self.clock = clock
        self.report = report
    }

    /// Where histories stand.
    var position: Int { beats / LiveHistory<NodeSeries>.step }

    /// Follows the stream from now on.
    /// - Returns: `nil` when too many do already, or the collector is ending.
    func subscribe() async -> Subscription? {
        if subscribers.isEmpty {
            let new = await report()
            // While nobody looked, values may have stayed behind; whoever follows by now was told already.
            if subscribers.isEmpty { _ = take(new) }
        }
        guard subscribers.count < Self.subscriberLimit, !hasEnded else { return nil }
        let (updates, continuation) = AsyncStream.makeStream(of: ByteBuffer.self, bufferingPolicy: .bufferingOldest(Self.eventLimit))
        lastSubscriber += 1
        subscribers[lastSubscriber] = continuation
        return Subscription(id: lastSubscriber, snapshot: snapshot(), updates: updates)
    }

    func unsubscribe(_ id: Int) { subscribers.removeValue(forKey: id)?.finish() }

    /// Ends all streams.
    func end() {
        hasEnded = true
        subscribers.values.forEach { $0.finish() }
        subscribers = [:]
    }

    /// What is to be done every second.
    func beat() async {
        let isStep = (beats + 1) % LiveHistory<NodeSeries>.step == 0
        // Histories go on when nobody looks.
        guard isStep || !subscribers.isEmpty else {
            beats += 1
            return
        }
        let new = await report()
        beats += 1
        let changes = take(new)
        if isStep { noteHistory() }
        guard !subscribers.isEmpty else { return }
        let event = event("update", changes)
        for (id, subscriber) in subscribers {
            if case .enqueued = subscriber.yield(event) { continue }
            unsubscribe(id)
        }
    }

    // MARK: Taking over

    /// What differs from the second before.
    struct Changes {
        var collector: StatusReport.Collector?
        var run: RunReport??
        /// Each with what it was; `nil` for a new one.
        var nodes: [(new: LiveNode, old: LiveNode?)] = []
        var goneNodes: [String] = []
        var containers: [(new: LiveContainers.Entry, old: LiveContainer?)] = []
        var goneContainers: [Int] = []
        var happenings: [LiveHappening] = []
    }

    private func take(_ new: StatusReport) -> Changes {
        var changes = Changes()
        // How long it has been up, its reader can count.
        var old = status?.collector
        old?.uptimeS = new.collector.uptimeS
        if new.collector != old { changes.collector = new.collector }
        if new.run != status?.run { changes.run = .some(new.run) }
        status = new
        for happened in live.happened(since: lastHappened) {
            changes.happenings += LiveHappening.all(in: happened)
            lastHappened = happened.number
        }
        happenings = (happenings + changes.happenings).suffix(Self.happeningLimit)
        let connected = live.all
        let now = clock.now()
        for report in new.nodes {
            if report.isConnected {
                refresh(report, connected[report.node]?.rows ?? LiveRows(), &changes)
            } else {
                lose(report, at: now, &changes)
            }
        }
        let listed = Set(new.nodes.map(\.node))
        for (name, state) in nodes where !listed.contains(name) {
            lose(state.node.report, at: now, &changes)
            guard let lostAt = nodes[name]?.lostAt, now - lostAt > Self.lostTime else { continue }
            nodes[name] = nil
            histories[name] = nil
            changes.nodes.removeLast()
            changes.goneNodes.append(name)
        }
        return changes
    }

    private func refresh(_ report: NodeReport, _ rows: LiveRows, _ changes: inout Changes) {
        let name = report.node
        let old = nodes[name]
        var state = old ?? NodeState(node: LiveNode(report: report), history: LiveHistory(at: position))
        state.node.report = report
        state.node.lostFor = nil
        state.lostAt = nil
        if rows.time != state.rows.time {
            state.previous = state.rows
            state.rows = rows
            state.node.readings = LiveNode.Readings(
                rows, since: state.previous.time == 0 ? nil : state.node.readings, LiveRate(elapsed: rows.time - state.previous.time))
            let before = state.containers.entries
            state.containers.update(rows, node: name) {
                lastKey += 1
                return lastKey
            }
            for (id, entry) in state.containers.entries { changes.containers.append((entry, before[id]?.container)) }
            for (id, entry) in before where state.containers.entries[id] == nil { changes.goneContainers.append(entry.key) }
        }
        nodes[name] = state
        changes.nodes.append((state.node, old?.node))
    }

    /// A node whose agent is not connected keeps its name and its history; what it said is no longer true.
    private func lose(_ report: NodeReport, at now: Int64, _ changes: inout Changes) {
        let name = report.node
        let old = nodes[name]
        changes.goneContainers += old?.containers.entries.values.map(\.key) ?? []
        var state = NodeState(node: LiveNode(report: report), history: old?.history ?? LiveHistory(at: position))
        let since = old?.lostAt ?? now
        state.lostAt = since
        state.node.lostFor = max(0, now - since)
        state.node.report.isConnected = false
        state.node.report.containers = 0
        state.node.report.processes = 0
        nodes[name] = state
        changes.nodes.append((state.node, old?.node))
    }

    private func noteHistory() {
        for (name, state) in nodes where state.lostAt == nil {
            nodes[name]?.history.append(at: position) { state.node.readings.value(of: $0) }
            var kept = histories.removeValue(forKey: name) ?? [:]
            for (id, entry) in state.containers.entries {
                // Of containers that come and go, the last minutes are not kept without a bound.
                if kept[id] == nil, kept.count >= 2 * state.containers.entries.count + 1000 { continue }
                kept[id, default: LiveHistory(at: position)].append(at: position) { entry.container.value(of: $0) }
            }
            histories[name] = kept.filter { position - $0.value.last < LiveHistory<ContainerSeries>.capacity }
        }
    }

    // MARK: Snapshot

    private func snapshot() -> ByteBuffer {
        var whole = Changes()
        whole.collector = status?.collector
        whole.run = .some(status?.run)
        whole.nodes = nodes.sorted { $0.key < $1.key }.map { ($0.value.node, nil) }
        whole.containers = nodes.values.flatMap { $0.containers.entries.values }.sorted { $0.key < $1.key }.map { ($0, nil) }
        whole.happenings = happenings
        return event("snapshot", whole)
    }
}

extension LiveContainer {
    func value(of series: ContainerSeries) -> Double? {
        switch series {
        case .cpuPercent: cpuPercent
        case .memoryPercent: memoryPercent
        case .memory: memoryUsage
        case .received: receivedPerSecond
        case .sent: sentPerSecond
        case .read: readPerSecond
        case .written: writtenPerSecond
        }
    }
}

extension LiveNode.Readings {
    func value(of series: NodeSeries) -> Double? {
        switch series {
        case .cpuPercent: cpuPercent
        case .memoryPercent: memoryPercent
        case .cpuPressure: cpuPressure
        case .memoryPressure: memoryPressure
        case .ioPressure: ioPressure
        case .received: receivedPerSecond
        case .sent: sentPerSecond
        case .read: readPerSecond
        case .written: writtenPerSecond
        }
    }
}

/// Drives the hub as long as the collector runs, and ends the streams before the control port waits for them.
struct LiveHubService: Service {
    let hub: LiveHub

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await hub.beat()
                try? await Task.sleep(for: .seconds(1))
            }
        }
        await hub.end()
    }
}
