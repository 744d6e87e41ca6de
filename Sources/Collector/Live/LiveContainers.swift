import StatsCore

/// The containers of one node from tick to tick, with the keys by which the stream names them.
struct LiveContainers: Sendable {
    struct Entry: Sendable {
        let key: Int
        var container: LiveContainer
    }

    /// More than any host runs: an agent may send what it likes.
    private static let limit = 20_000

    /// By id.
    private(set) var entries: [String: Entry] = [:]
    /// Whether the last tick came without containers, as it does when reading them took too long.
    private var isHeldOver = false

    /// Takes over the rows of a newer tick.
    /// - Parameter makeKey: called for each container that wasn't here before.
    mutating func update(_ rows: LiveRows, node: String, makeKey: () -> Int) {
        var now: [String: Entry] = [:]
        rows.forEachRow(of: .container) { row in
            guard now.count < Self.limit, var container = LiveContainer(row, time: rows.time, node: node) else { return }
            let old = entries[container.id]
            if let old { container.compare(with: old.container) }
            now[container.id] = Entry(key: old?.key ?? makeKey(), container: container)
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
