import StatsCore
import Synchronization

/// What the governor has begun to do, on disk before it is done: an agent that is started again after it was killed in between counts it as done, says
/// that nobody knows how it ended, and doesn't do it again within the cooldown.
final class GovernorJournal: Sendable {
    struct Entry: Codable, Sendable, Equatable {
        var id: String
        var name: String
        var group: String
        var action: String
        /// Microseconds of the monotonic clock, of use in the same boot only.
        var begun: Int64
        var bootID: String?
        var isDone = false

        enum CodingKeys: String, CodingKey {
            case id, name, group, action, begun
            case bootID = "boot_id"
            case isDone = "done"
        }
    }

    /// The note of the earlier agent can't be read, so that nobody knows what was begun. Nothing is done until all of that would have cooled down.
    struct Damaged: Error, CustomStringConvertible {
        let path: String
        /// Microseconds of the monotonic clock.
        let until: Int64

        var description: String { "\(path) is damaged, and nobody knows what was done before" }
    }

    private static let file = "governor.json"

    private let state: StateDirectory
    private let bootID: String?
    /// How long an entry matters, in microseconds.
    private let patience: Int64
    private let entries: Mutex<[Entry]>
    /// Set when the earlier agent's note was damaged.
    let damage: Damaged?

    /// - Parameter cooldown: the longest of the policy, in microseconds.
    init(in state: StateDirectory, bootID: String?, cooldown: Int64) {
        self.state = state
        self.bootID = bootID
        patience = max(cooldown, 60_000_000)
        var known: [Entry] = []
        do {
            if let bytes = try state.contents(Self.file) { known = try JSONCoding.decode([Entry].self, from: bytes) }
            damage = nil
        } catch {
            damage = Damaged(path: state.directory.child(Self.file), until: Clocks.monotonicMicroseconds() + patience)
        }
        entries = Mutex(known.filter { $0.bootID == bootID && bootID != nil })
    }

    /// What was begun in this boot, also before this agent was started.
    var known: [Entry] { entries.withLock { $0 } }

    /// - Throws: `DiskError`, `SyncFailure`, `Damaged`: then it must not be done.
    func begin(_ entry: Entry) throws {
        if let damage, entry.begun < damage.until { throw damage }
        try change(at: entry.begun) { entries in
            entries.removeAll { $0.id == entry.id }
            entries.append(entry)
            entries[entries.count - 1].bootID = bootID
        }
    }

    func end(_ id: String, at now: Int64) throws {
        try change(at: now) { entries in
            for index in entries.indices where entries[index].id == id { entries[index].isDone = true }
        }
    }

    private func change(at now: Int64, _ body: (inout [Entry]) -> Void) throws {
        try entries.withLock { entries in
            body(&entries)
            entries.removeAll { $0.isDone && now.saturatingSubtracting($0.begun) > patience }
            try state.directory.replace(Self.file, with: JSONCoding.encode(entries))
        }
    }
}
