import StatsCore

/// The containers of one node from tick to tick, with the keys by which the stream names them.
struct NodeContainers: Sendable {
    struct Entry: Sendable {
        let key: Int
        let container: LiveContainer
        /// Whether the newest tick has a row of it. One that has ended stays listed for a while.
        var isPresent = true
    }

    /// By id.
    private(set) var entries: [String: Entry] = [:]
    /// Whether the last tick came without containers, as it does when reading them took too long.
    private var isHeldOver = false

    /// Takes over the rows of a newer tick.
    /// - Parameters:
    ///   - instant: of the tick, on the steady clock.
    ///   - past: what happened to the node's containers of late, to which the rows add.
    ///   - makeKey: called for each container that wasn't here before.
    mutating func update(_ reader: LiveContainerReader, at instant: Int64, past: inout ContainerPast, makeKey: () -> Int) {
        var now: [String: Entry] = [:]
        now.reserveCapacity(entries.count)
        past.forget(at: instant)
        reader.forEach(
            since: { id in entries[id].flatMap { $0.isPresent ? $0.container : nil } },
            complete: { id, values in past.follow(id, &values, since: entries[id]?.container.object.values, at: instant) },
            { container, _ in
                now[container.id] = Entry(key: entries[container.id]?.key ?? makeKey(), container: container)
            })
        let isEmpty = now.isEmpty && entries.contains { $0.value.isPresent }
        if isEmpty, !isHeldOver {
            isHeldOver = true
            return
        }
        isHeldOver = isEmpty
        for (id, life) in past.lives where now[id] == nil && life.endedAt != nil {
            let values = past.values(of: id, life, node: reader.node, last: entries[id]?.container.object.values)
            now[id] = Entry(
                key: entries[id]?.key ?? makeKey(), container: LiveContainer(values, id: id, node: reader.node), isPresent: false)
        }
        entries = now
    }

    /// Takes those away that have no row any more, because there is less room for them.
    mutating func cut(to rows: FrameRows) {
        var kept: Set<String> = []
        rows.forEachRow(of: .container) { row in if let id = row.text("container_id") { kept.insert(id) } }
        entries = entries.filter { !$0.value.isPresent || kept.contains($0.key) }
    }
}
