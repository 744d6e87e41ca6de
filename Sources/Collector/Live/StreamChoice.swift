import StatsCore

/// Which objects of one kind are sent to those who follow, when there are too many to send all: those that hurt, then those that are asked for.
///
/// What is sent changes as little as can be, since each that is new has to be sent whole: one that was among them stays as long as it isn't far behind.
struct StreamChoice<Key: Hashable & Sendable>: Sendable {
    /// How many are sent at most. So many are sent whatever they are.
    let limit: Int
    /// How many of those are for what hurts, whatever is asked for.
    let worst: Int

    /// The chosen ones; `nil` when all are sent.
    private(set) var keys: Set<Key>?
    /// How many fit a query that only some fit; `nil` without one, and when all are sent.
    private(set) var found: Int?

    init(limit: Int, worst: Int) { (self.limit, self.worst) = (limit, worst) }

    func holds(_ key: Key) -> Bool { keys?.contains(key) ?? true }

    /// Chooses anew.
    /// - Parameters:
    ///   - all: all that there are now.
    ///   - isDue: whether to look for what is asked for. Otherwise those that are here stay, and what hurts comes to them.
    mutating func choose<Element>(
        from all: [Element], _ query: StreamQuery, _ search: StreamSearch, isDue: Bool, key: (Element) -> Key,
        object: (Element) -> LiveObject
    ) {
        guard all.count > limit else { return (keys, found) = (nil, nil) }
        let old = keys
        var chosen = Set(hurting(all, search, key: key, object: object))
        if !isDue, let old {
            for key in all.lazy.map(key) where chosen.count < limit && old.contains(key) { chosen.insert(key) }
            return keys = chosen
        }
        let fitting = query.isNarrow ? all.filter { search.finds(object($0)) } : all
        found = query.isNarrow ? fitting.count : nil
        let room = limit - chosen.count
        var ranked = fitting.map { (rank: search.rank(object($0)), key: key($0)) }
        ranked.sort { $0.rank < $1.rank }
        let others = ranked.lazy.map(\.key).filter { [chosen] in !chosen.contains($0) }.prefix(room + room / 4)
        let core = others.prefix(room - room / 4)
        let edge = others.dropFirst(room - room / 4)
        chosen.formUnion(core)
        for isOld in [true, false] {
            for key in edge where chosen.count < limit && (old?.contains(key) ?? false) == isOld { chosen.insert(key) }
        }
        keys = chosen
    }

    /// Those in trouble, those that are hot otherwise, and then those that are worth a look, as many as have room.
    private func hurting<Element>(
        _ all: [Element], _ search: StreamSearch, key: (Element) -> Key, object: (Element) -> LiveObject
    ) -> [Key] {
        var troubled: [Key] = []
        var hot: [Key] = []
        var warm: [Key] = []
        for element in all {
            let levels = object(element).levels
            switch levels.worst {
            case .hot where search.isInTrouble(levels): troubled.append(key(element))
            case .hot: hot.append(key(element))
            case .warm: warm.append(key(element))
            default: break
            }
        }
        return Array((staying(troubled) + staying(hot) + staying(warm)).prefix(worst))
    }

    /// Those first that are here already, when there isn't room for all.
    private func staying(_ some: [Key]) -> [Key] {
        guard some.count > worst, let keys else { return some }
        return some.filter { keys.contains($0) } + some.filter { !keys.contains($0) }
    }

    /// What those who follow have to be told, of all that has changed.
    /// - Parameters:
    ///   - changed: with what each was; `nil` for a new one.
    ///   - before: what was chosen before.
    func told<Element>(
        _ changed: [(Element, LiveObject?)], gone: [Key], all: [Element], before: StreamChoice, key: (Element) -> Key
    ) -> (changed: [(Element, LiveObject?)], gone: [Key]) {
        if keys == nil && before.keys == nil { return (changed, gone) }
        var told: [(Element, LiveObject?)] = []
        var done: Set<Key> = []
        for (element, old) in changed where holds(key(element)) {
            done.insert(key(element))
            told.append((element, before.holds(key(element)) ? old : nil))
        }
        var gone = gone.filter { before.holds($0) }
        for element in all {
            let key = key(element)
            switch (before.holds(key), holds(key)) {
            case (false, true): if !done.contains(key) { told.append((element, nil)) }
            case (true, false): gone.append(key)
            default: break
            }
        }
        return (told, gone)
    }
}
