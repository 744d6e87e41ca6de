import StatsCore

/// Who has been asked for the names of which container, what was told, and when to ask again.
///
/// A value without I/O and without a clock: what a walk of the cgroup tree found, instants (monotonic nanoseconds) and outcomes go in.
struct NameBook {
    enum Place: Hashable, Sendable, CaseIterable {
        case bundle, kubelet
    }

    /// One place's part in finding a container's names.
    private struct Look {
        var told: ToldNames?
        /// There is no need to ask again.
        var isOver = false
        var isUnderWay = false
        var tries: UInt64 = 0
        var next: UInt64 = 0

        func isDue(at now: UInt64) -> Bool { !isOver && !isUnderWay && now >= next }
    }

    private struct Entry {
        let container: CgroupPath
        let since: UInt64
        var looks: [Place: Look] = [.bundle: Look(), .kubelet: Look()]

        /// The kubelet is asked when the bundle has told nothing, or takes too long.
        func isDue(_ place: Place, at now: UInt64) -> Bool {
            guard let look = looks[place], look.isDue(at: now) else { return false }
            guard place == .kubelet, let bundle = looks[.bundle] else { return true }
            return bundle.told == nil && (bundle.tries > 0 && !bundle.isUnderWay || hasWaited(at: now))
        }

        /// A tick's instant may lie before that at which the container was found.
        func hasWaited(at now: UInt64) -> Bool { now > since && now - since >= NameBook.patience }

        var names: ToldNames? { looks[.bundle]?.told ?? looks[.kubelet]?.told }

        /// Whether it has names, or every place was asked.
        var isAnswered: Bool { names != nil || looks.values.allSatisfy { $0.tries > 0 } }
    }

    /// How long a container waits for its first row until its names are known, nanoseconds. Reading them takes a fraction of a millisecond.
    static let patience: UInt64 = 1_000_000_000
    private static let firstPause: UInt64 = 1_000_000_000
    private static let longestPause: UInt64 = 300_000_000_000
    /// How many containers one question is for: those that come first needn't wait for all.
    private static let askedAtOnce = 64

    private var entries: [String: Entry] = [:]

    /// The containers of the host that no engine tells of: new ones will be asked for, and those that aren't among them are forgotten.
    mutating func follow(_ found: [CgroupPath], at now: UInt64) {
        let before = entries
        entries = [:]
        for container in found where entries[container.containerID] == nil {
            let known = before[container.containerID]
            // The same name at another place is another container.
            entries[container.containerID] = known?.container == container ? known : Entry(container: container, since: now)
        }
    }

    func isDue(_ place: Place, at now: UInt64) -> Bool { entries.values.contains { $0.isDue(place, at: now) } }

    /// The containers to ask this place for.
    mutating func take(_ place: Place, at now: UInt64) -> [CgroupPath] {
        let due = entries.values.filter { $0.isDue(place, at: now) }.map(\.container).sorted { $0.containerID < $1.containerID }
        let taken = Array(due.prefix(Self.askedAtOnce))
        for container in taken { entries[container.containerID]?.looks[place]?.isUnderWay = true }
        return taken
    }

    /// Takes what came of a question.
    /// - Returns: whether something is known that wasn't, or a container needn't wait any longer.
    mutating func answered(_ place: Place, _ containers: [CgroupPath], _ outcomes: [String: NameOutcome], at now: UInt64) -> Bool {
        var isNew = false
        for container in containers {
            let id = container.containerID
            guard var entry = entries[id], entry.container == container, var look = entry.looks[place] else { continue }
            let before = (entry.names, entry.isAnswered)
            look.isUnderWay = false
            look.next = now &+ min(Self.firstPause << min(look.tries, 16), Self.longestPause)
            look.tries += 1
            if case .told(let names, let isWhole) = outcomes[id] ?? .silent {
                look.told = names
                look.isOver = isWhole
            }
            entry.looks[place] = look
            entries[id] = entry
            isNew = isNew || before != (entry.names, entry.isAnswered)
        }
        return isNew
    }

    subscript(id: String) -> ToldNames? { entries[id]?.names }

    /// Whether its names may come at any moment, so that it should have no row before.
    func isAwaited(_ id: String, at now: UInt64) -> Bool {
        guard let entry = entries[id], !entry.isAnswered else { return false }
        return !entry.hasWaited(at: now)
    }
}
