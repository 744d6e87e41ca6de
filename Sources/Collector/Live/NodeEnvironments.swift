import StatsCore
import Synchronization

/// What agents have told of their hosts, for as long as they are connected, within bounds.
final class NodeEnvironments: Sendable {
    /// Of all environments as they are kept, in bytes.
    private static let mostBytes = 32 << 20
    /// Of all nodes together.
    private static let mostContainers = 20_000

    private struct Entry {
        var host = SharedEnvironments.Kept(own: HostEnvironment(), base: nil)
        var activity: HostActivity?
        var containers: [ContainerSettings] = []
        var containersLeftOut = 0
        var findings: [EnvironmentFinding] = []
    }

    private struct State {
        var shared = SharedEnvironments()
        var entries: [String: Entry] = [:]
        var bytes = 0
        var containers = 0
        /// How many environments were told: names for bases.
        var count: UInt64 = 0

        func whole(_ entry: Entry) -> NodeEnvironment {
            NodeEnvironment(
                host: shared.whole(entry.host) ?? HostEnvironment(), activity: entry.activity, containers: entry.containers,
                containersLeftOut: entry.containersLeftOut)
        }

        mutating func remove(_ node: String) -> Entry? {
            guard let entry = entries.removeValue(forKey: node) else { return nil }
            bytes -= entry.host.own.size
            containers -= entry.containers.count
            return entry
        }

        mutating func keep(_ entry: Entry, of node: String) {
            bytes += entry.host.own.size
            containers += entry.containers.count
            entries[node] = entry
        }
    }

    private let state = Mutex(State())

    /// Takes over what a message says; what it doesn't mention stays.
    func take(_ message: EnvironmentMessage, of node: String) {
        state.withLock { state in
            var entry = state.remove(node) ?? Entry()
            if let host = message.host {
                state.count += 1
                let kept = state.shared.share(host, of: String(state.count))
                entry.host =
                    state.bytes + kept.own.size <= Self.mostBytes ? kept : SharedEnvironments.Kept(own: HostEnvironment(), base: nil)
            }
            entry.activity = message.activity ?? entry.activity
            if let containers = message.containers {
                let room = min(max(Self.mostContainers - state.containers, 0), containers.count)
                entry.containers = Array(containers.prefix(room))
                entry.containersLeftOut = (message.containersLeftOut ?? 0).saturatingAdding(containers.count - room)
            }
            entry.findings = state.whole(entry).findings
            state.keep(entry, of: node)
        }
    }

    func remove(_ node: String) { _ = state.withLock { $0.remove(node) } }

    /// What is known of a node; `nil` when its agent has told nothing.
    subscript(node: String) -> NodeEnvironment? {
        state.withLock { state in state.entries[node].map { state.whole($0) } }
    }

    /// What would spoil measurements at these nodes, or at all.
    func warnings(of nodes: [String]? = nil) -> [EnvironmentWarning] {
        state.withLock { state in
            let names = nodes ?? state.entries.keys.sorted()
            return [EnvironmentWarning](
                names.compactMap { name in
                    state.entries[name].flatMap { $0.findings.isEmpty ? nil : (node: name, findings: $0.findings) }
                })
        }
    }
}
