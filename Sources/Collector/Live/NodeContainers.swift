import StatsCore

/// The containers of one node from tick to tick, with the keys by which the stream names them.
struct NodeContainers: Sendable {
    struct Entry: Sendable {
        let key: Int
        let container: LiveContainer
    }

    /// More than any host runs: an agent may send what it likes.
    private static let limit = 20_000

    /// By id.
    private(set) var entries: [String: Entry] = [:]
    /// Whether the last tick came without containers, as it does when reading them took too long.
    private var isHeldOver = false

    /// Takes over the rows of a newer tick.
    /// - Parameter makeKey: called for each container that wasn't here before.
    mutating func update(_ reader: LiveContainerReader, makeKey: () -> Int) {
        var now: [String: Entry] = [:]
        now.reserveCapacity(entries.count)
        reader.forEach(since: { entries[$0]?.container }) { container, _ in
            guard now.count < Self.limit else { return }
            now[container.id] = Entry(key: entries[container.id]?.key ?? makeKey(), container: container)
        }
        let isEmpty = now.isEmpty && !entries.isEmpty
        if isEmpty, !isHeldOver {
            isHeldOver = true
            return
        }
        isHeldOver = isEmpty
        entries = now
    }
}
