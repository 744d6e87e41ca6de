import NIOCore
import Synchronization

/// Keeps idle and slow clients of a port from blocking others.
///
/// A connection *waits for its client* until a whole request has come, and while the client doesn't take the answer. When there are too many connections,
/// the address with the most of them loses the one that has waited longest, but never one that is being served. If all others are, the new one is closed.
package final class ConnectionRegistry: Sendable {
    private struct Entry {
        let channel: any Channel
        let address: String?
        /// `nil` while a request is being served.
        var waitingSince: NIODeadline?
    }

    private let limit: Int
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    package init(limit: Int) { self.limit = limit }

    package func add(_ channel: any Channel) {
        let entry = Entry(channel: channel, address: channel.remoteAddress?.ipAddress, waitingSince: .now())
        change { $0[ObjectIdentifier(channel)] = entry }
    }

    /// Does nothing for a connection that is being closed. One that waits already has waited since then, whatever else its client does.
    package func note(_ channel: any Channel, isWaiting: Bool) {
        change { entries in
            let since = entries[ObjectIdentifier(channel)]?.waitingSince
            entries[ObjectIdentifier(channel)]?.waitingSince = isWaiting ? since ?? .now() : nil
        }
    }

    /// Since when a connection has waited for its client; `nil` while it is being served. One that is being closed is waited for no more.
    package func waitingSince(_ channel: any Channel) -> NIODeadline? {
        entries.withLock { entries in
            guard let entry = entries[ObjectIdentifier(channel)] else { return .distantPast }
            return entry.waitingSince
        }
    }

    package func remove(_ channel: any Channel) {
        change { $0[ObjectIdentifier(channel)] = nil }
    }

    private func change(_ body: (inout [ObjectIdentifier: Entry]) -> Void) {
        let evicted: (any Channel)? = entries.withLock { entries in
            body(&entries)
            guard entries.count > limit else { return nil }
            let counts = Dictionary(entries.values.map { ($0.address, 1) }, uniquingKeysWith: +)
            let waiting = entries.compactMap { id, entry in
                entry.waitingSince.map { (id: id, count: counts[entry.address] ?? 0, since: $0) }
            }
            return waiting.min { ($1.count, $0.since) < ($0.count, $1.since) }.flatMap { entries.removeValue(forKey: $0.id)?.channel }
        }
        evicted?.close(promise: nil)
    }
}
