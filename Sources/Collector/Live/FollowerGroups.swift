import NIOCore

/// Those who follow, in groups by what they want to see of a fleet that is too large to be sent whole. An event is made once for each group.
struct FollowerGroups: Sendable {
    /// How many different queries there may be at once: each is looked for anew every few seconds, and has events of its own.
    static let queryLimit = 8
    /// Of a number of one who follows, the bits that count within its group.
    private static let bits = 32

    private struct Group: Sendable {
        var window: StreamWindow
        var followers: Followers
    }

    private let bounds: StreamBounds
    /// How many bytes of events wait for all groups together, as in one group.
    private let room: Int
    /// By number. The first is of those who have no query, and stays.
    private var groups: [Int: Group]
    private var last = 0
    private var hasEnded = false

    init(_ bounds: StreamBounds, room: Int = 8 << 20) {
        self.bounds = bounds
        self.room = room
        groups = [0: Group(window: StreamWindow(StreamQuery(), bounds), followers: Followers(room: room))]
    }

    var isEmpty: Bool { groups.values.allSatisfy(\.followers.isEmpty) }
    /// Whether there is a snapshot for who comes next.
    var hasSnapshot: Bool { groups.values.contains(where: \.followers.hasSnapshot) }

    /// - Parameters:
    ///   - query: where too many others look for something else, it is as without one.
    ///   - snapshot: what everybody of its group gets who begins to follow before the next update; told whether others of it follow already.
    /// - Returns: as `Followers.add`.
    mutating func add(
        _ query: StreamQuery, _ selection: StreamSelection?, showsCommandLines: Bool,
        _ snapshot: (inout StreamWindow, _ isShared: Bool) -> [ByteBuffer]
    ) -> (id: Int, news: AsyncStream<Void>)? {
        if count >= Followers.limit { for number in groups.keys { groups[number]?.followers.wake() } }
        guard count < Followers.limit, !hasEnded else { return nil }
        let number = self.number(of: query)
        guard var group = groups[number] else { return nil }
        let isShared = !group.followers.isEmpty
        let added = group.followers.add(selection, showsCommandLines: showsCommandLines) { snapshot(&group.window, isShared) }
        groups[number] = group
        bound()
        return added
    }

    private var count: Int { groups.values.reduce(0) { $0 + $1.followers.count } }

    /// The group of a query, a new one if need be.
    private mutating func number(of query: StreamQuery) -> Int {
        if let known = groups.first(where: { $0.value.window.query == query }) { return known.key }
        if groups.count > Self.queryLimit { forgetEmpty() }
        guard groups.count <= Self.queryLimit else { return 0 }
        last += 1
        groups[last] = Group(window: StreamWindow(query, bounds), followers: Followers(room: room, behind: last << Self.bits))
        return last
    }

    private mutating func forgetEmpty() { groups = groups.filter { $0.key == 0 || !$0.value.followers.isEmpty } }

    mutating func remove(_ id: Int) { groups[id >> Self.bits]?.followers.remove(id) }

    /// Hands an event to each group.
    mutating func send(_ update: (inout StreamWindow) -> [ByteBuffer]) {
        for (number, var group) in groups {
            if group.followers.isEmpty {
                group.followers.forgetSnapshot()
            } else {
                group.followers.send(update(&group.window))
            }
            groups[number] = group
        }
        forgetEmpty()
        bound()
    }

    /// What one who follows wants to know besides.
    func selection(of id: Int) -> (what: StreamSelection, showsCommandLines: Bool)? { groups[id >> Self.bits]?.followers.selection(of: id) }

    /// Gives one who follows what it alone has asked for.
    mutating func send(_ pieces: [ByteBuffer], to id: Int) {
        groups[id >> Self.bits]?.followers.send(pieces, to: id)
        bound()
    }

    /// - Returns: `nil` when it has everything.
    mutating func next(_ id: Int) throws(Followers.LetGo) -> Followers.Next? {
        let number = id >> Self.bits
        guard groups[number] != nil else { throw Followers.LetGo() }
        return try groups[number]?.followers.next(id)
    }

    /// Forgets the snapshots when nobody follows.
    mutating func forgetSnapshots() {
        for number in groups.keys { groups[number]?.followers.forgetSnapshot() }
        forgetEmpty()
    }

    /// Ends all streams, once what waits was taken; nobody can follow any more.
    mutating func end() {
        hasEnded = true
        for number in groups.keys { groups[number]?.followers.end() }
    }

    /// Lets those go who are slowest, in the group for which most waits, as long as too much waits for all together.
    private mutating func bound() {
        while groups.values.reduce(0, { $0 + $1.followers.held }) > room,
            let most = groups.max(by: { $0.value.followers.held < $1.value.followers.held })
        {
            groups[most.key]?.followers.letSlowestGo()
        }
    }
}
