import DequeModule

/// The containers to inspect: each once, however many events it has meanwhile, and a few at a time. So a storm of events causes no more
/// requests than there are containers.
struct InspectQueue {
    enum Purpose: Equatable {
        /// It runs. `known` is taken if the engine gives no answer; `news` is told if nobody knew yet that it was started.
        case running(known: ContainerInfo, news: News)
        /// It has ended. This event tells so, as soon as its exit code is known.
        case ended(ContainerEvent)
    }

    enum News: Equatable {
        /// Nothing: it ran before the agent looked, or its start has been told.
        case none
        case event(ContainerEvent)
        /// A list shows it, and no event has come.
        case list
    }

    /// One inspection under way.
    struct Ticket: Sendable, Equatable {
        let id: String
        fileprivate let number: UInt64
    }

    private struct Entry {
        var purpose: Purpose
        /// The inspection whose answer counts; `nil` while none is under way, or when something happened after it was asked for.
        var number: UInt64?
    }

    private let parallel: Int
    private let capacity: Int
    private var entries: [String: Entry] = [:]
    private var order = Deque<String>()
    /// The content of `order`, with containers that no longer need to be inspected.
    private var queued: Set<String> = []
    private var underWay = 0
    private var lastNumber: UInt64 = 0

    /// - Parameters:
    ///   - parallel: how many inspections may be under way at once.
    ///   - capacity: how many containers may wait.
    init(parallel: Int = 4, capacity: Int = 10_000) {
        self.parallel = parallel
        self.capacity = capacity
    }

    subscript(id: String) -> Purpose? { entries[id]?.purpose }

    /// Requests an inspection from now on: the answer to an earlier one would be outdated and is ignored. Replaces an earlier purpose.
    ///
    /// - Returns: false when too many are waiting; then nothing has changed.
    mutating func add(_ id: String, _ purpose: Purpose) -> Bool {
        if !queued.contains(id) {
            guard order.count < capacity else { return false }
            order.append(id)
            queued.insert(id)
        }
        entries[id] = Entry(purpose: purpose)
        return true
    }

    @discardableResult mutating func remove(_ id: String) -> Purpose? { entries.removeValue(forKey: id)?.purpose }

    /// The next container to inspect now.
    mutating func next() -> Ticket? {
        guard underWay < parallel else { return nil }
        while let id = order.popFirst() {
            queued.remove(id)
            guard let entry = entries[id], entry.number == nil else { continue }
            lastNumber += 1
            underWay += 1
            entries[id]?.number = lastNumber
            return Ticket(id: id, number: lastNumber)
        }
        return nil
    }

    /// An answer has come.
    ///
    /// - Returns: the purpose of the inspection; `nil` when the answer no longer counts.
    mutating func answered(_ ticket: Ticket) -> Purpose? {
        underWay -= 1
        guard let entry = entries[ticket.id], entry.number == ticket.number else { return nil }
        entries[ticket.id] = nil
        return entry.purpose
    }

    /// For a new connection: inspections that were under way are made again.
    mutating func restart() {
        underWay = 0
        for (id, entry) in entries where entry.number != nil {
            entries[id]?.number = nil
            if queued.insert(id).inserted { order.append(id) }
        }
    }
}
