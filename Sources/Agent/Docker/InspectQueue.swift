import DequeModule

/// Which containers are to be inspected: each once, however much happens to it meanwhile, and a few at a time, so that events which come faster
/// than an engine answers are no more work than there are containers.
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
        /// A list names it, and no event has told of it.
        case list
    }

    /// One question on its way.
    struct Ticket: Sendable, Equatable {
        let id: String
        fileprivate let number: UInt64
    }

    private struct Entry {
        var purpose: Purpose
        /// The question whose answer counts; `nil` while none is under way, or when something happened since it was asked.
        var number: UInt64?
    }

    private let parallel: Int
    private let capacity: Int
    private var entries: [String: Entry] = [:]
    private var order = Deque<String>()
    /// What stands in `order`, also when it needn't be asked about any more.
    private var queued: Set<String> = []
    private var underWay = 0
    private var lastNumber: UInt64 = 0

    /// - Parameters:
    ///   - parallel: how many questions are under way at once.
    ///   - capacity: how many containers wait at most.
    init(parallel: Int = 4, capacity: Int = 10_000) {
        self.parallel = parallel
        self.capacity = capacity
    }

    subscript(id: String) -> Purpose? { entries[id]?.purpose }

    /// Has a container inspected from now on: an answer that is under way tells of what was before. An earlier purpose is replaced.
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

    /// The next to ask about now.
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

    /// An answer is here.
    ///
    /// - Returns: what it was asked for; `nil` when it doesn't count any more.
    mutating func answered(_ ticket: Ticket) -> Purpose? {
        underWay -= 1
        guard let entry = entries[ticket.id], entry.number == ticket.number else { return nil }
        entries[ticket.id] = nil
        return entry.purpose
    }

    /// Nothing is under way any more: what was is asked again.
    mutating func restart() {
        underWay = 0
        for (id, entry) in entries where entry.number != nil {
            entries[id]?.number = nil
            if queued.insert(id).inserted { order.append(id) }
        }
    }
}
