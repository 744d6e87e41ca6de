import NIOCore
import Synchronization

/// Keeps idle and slow clients from blocking others.
///
/// A connection *waits for its client* until a whole request has come, and while the client doesn't take the answer. When there are too many connections,
/// the one that has waited longest is closed, but never one for which the collector is at work. If that is true of all others, the new one is closed.
final class ConnectionRegistry: Sendable {
    private struct Entry {
        let channel: any Channel
        /// `nil` while the collector works on a request.
        var waitingSince: NIODeadline?
    }

    private let limit: Int
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    init(limit: Int) { self.limit = limit }

    func add(_ channel: any Channel) {
        change { $0[ObjectIdentifier(channel)] = Entry(channel: channel, waitingSince: .now()) }
    }

    /// Does nothing for a connection that is being closed.
    func note(_ channel: any Channel, isWaiting: Bool) {
        change { $0[ObjectIdentifier(channel)]?.waitingSince = isWaiting ? .now() : nil }
    }

    func remove(_ channel: any Channel) {
        change { $0[ObjectIdentifier(channel)] = nil }
    }

    private func change(_ body: (inout [ObjectIdentifier: Entry]) -> Void) {
        let evicted: (any Channel)? = entries.withLock { entries in
            body(&entries)
            guard entries.count > limit else { return nil }
            let waiting = entries.compactMap { id, entry in entry.waitingSince.map { (id: id, since: $0) } }
            return waiting.min { $0.since < $1.since }.flatMap { entries.removeValue(forKey: $0.id)?.channel }
        }
        evicted?.close(promise: nil)
    }
}
