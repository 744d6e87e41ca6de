import NIOCore

/// Those who follow the stream, and the events that wait for them.
///
/// An event is kept once, in pieces, until everybody who is to have it has taken the last one. One who follows takes a piece when it has written
/// the one before; so what waits is here, where it is bounded. Who is too far behind is let go, and starts afresh when it comes back.
struct Followers: Sendable {
    /// How many may follow at once.
    static let limit = 64
    /// How many updates one who follows may be behind.
    private static let waiting = 8
    /// How many bytes of events wait for all together, besides the one that the slowest is taking and the newest.
    private let room: Int

    /// It was let go.
    struct LetGo: Error {}

    private struct Follower: Sendable {
        /// The snapshot that it gets; of updates it gets all behind that.
        let snapshot: Int
        /// The event that it takes next, or is taking, and the piece of it.
        var event: Int
        var piece = 0
        /// What it wants to know besides.
        let selection: StreamSelection?
        let showsCommandLines: Bool
        /// What it alone has asked for, of which the first piece is next.
        var own: [ByteBuffer] = []
        let news: AsyncStream<Void>.Continuation

        var ownBytes: Int { own.reduce(0) { $0 + $1.readableBytes } }
    }

    private struct Event: Sendable {
        let pieces: [ByteBuffer]
        let bytes: Int
        let isSnapshot: Bool
    }

    /// What one who follows is to write next.
    enum Next: Sendable, Equatable {
        case piece(ByteBuffer)
        /// The last piece of an event.
        case end(ByteBuffer, isSnapshot: Bool)
    }

    private var followers: [Int: Follower] = [:]
    private var last = 0
    /// Each that somebody has still to take, also the newest snapshot for those who come before the next update; and the number of the first of them.
    private var events: [Event] = []
    private var first = 0
    private var hasEnded = false

    /// - Parameter last: the number behind which they are numbered.
    init(room: Int = 8 << 20, behind last: Int = 0) { (self.room, self.last) = (room, last) }

    var count: Int { followers.count }
    var isEmpty: Bool { followers.isEmpty }
    /// Bytes that wait.
    var bytes: Int { events.reduce(0) { $0 + $1.bytes } + followers.values.reduce(0) { $0 + $1.ownBytes } }

    /// What waits besides the event that the slowest is taking, however large it is, and the newest.
    var held: Int { bytes - (events.first?.bytes ?? 0) - (events.count > 1 ? events.last?.bytes ?? 0 : 0) }
    /// Whether there is a snapshot for who comes next.
    var hasSnapshot: Bool { events.last?.isSnapshot == true }

    /// - Parameters:
    ///   - selection: what is told besides.
    ///   - showsCommandLines: whether that may have command lines in it.
    ///   - snapshot: what everybody gets who begins to follow before the next update.
    /// - Returns: when there is something to take; that ends when the collector does. `nil` when too many follow already, or the collector is ending.
    mutating func add(
        _ selection: StreamSelection? = nil, showsCommandLines: Bool = true, _ snapshot: () -> [ByteBuffer]
    ) -> (id: Int, news: AsyncStream<Void>)? {
        if followers.count >= Self.limit { wake() }
        guard followers.count < Self.limit, !hasEnded else { return nil }
        if !hasSnapshot { append(snapshot(), isSnapshot: true) }
        let (news, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        last += 1
        let newest = first + events.count - 1
        followers[last] = Follower(
            snapshot: newest, event: newest, selection: selection, showsCommandLines: showsCommandLines, news: continuation)
        continuation.yield()
        bound()
        return (last, news)
    }

    mutating func remove(_ id: Int) {
        followers.removeValue(forKey: id)?.news.finish()
        trim()
    }

    /// Hands an event to all.
    mutating func send(_ update: [ByteBuffer]) {
        append(update, isSnapshot: false)
        wake()
        bound()
    }

    /// Tells all that there is something to take, and forgets those whose stream nobody reads any more, or ever did: their client left.
    mutating func wake() {
        for (id, follower) in followers {
            if case .terminated = follower.news.yield() { remove(id) }
        }
    }

    /// What one who follows wants to know besides.
    func selection(of id: Int) -> (what: StreamSelection, showsCommandLines: Bool)? {
        followers[id].flatMap { follower in follower.selection.map { ($0, follower.showsCommandLines) } }
    }

    /// Forgets the snapshot when nobody follows: what comes next is not told behind it.
    mutating func forgetSnapshot() {
        guard followers.isEmpty else { return }
        first += events.count
        events = []
    }

    /// Gives one who follows what it alone has asked for.
    mutating func send(_ pieces: [ByteBuffer], to id: Int) {
        followers[id]?.own += pieces
        bound()
    }

    /// - Returns: `nil` when it has everything.
    mutating func next(_ id: Int) throws(LetGo) -> Next? {
        guard var follower = followers[id] else { throw LetGo() }
        defer {
            if followers[id] != nil { followers[id] = follower }
            trim()
        }
        if !follower.own.isEmpty {
            let piece = follower.own.removeFirst()
            return .piece(piece)
        }
        while follower.event < first + events.count {
            let event = events[follower.event - first]
            if event.isSnapshot && follower.event != follower.snapshot || follower.piece >= event.pieces.count {
                follower.event += 1
                follower.piece = 0
                continue
            }
            let piece = event.pieces[follower.piece]
            follower.piece += 1
            guard follower.piece == event.pieces.count else { return .piece(piece) }
            follower.event += 1
            follower.piece = 0
            return .end(piece, isSnapshot: event.isSnapshot)
        }
        return nil
    }

    /// Ends all streams, once what waits was taken; nobody can follow any more.
    mutating func end() {
        hasEnded = true
        for follower in followers.values { follower.news.finish() }
    }

    private mutating func append(_ pieces: [ByteBuffer], isSnapshot: Bool) {
        events.append(Event(pieces: pieces, bytes: pieces.reduce(0) { $0 + $1.readableBytes }, isSnapshot: isSnapshot))
    }

    /// Forgets what nobody has still to take.
    private mutating func trim() {
        let end = first + events.count - (hasSnapshot ? 1 : 0)
        let needed = followers.values.reduce(end) { min($0, $1.event) }
        events.removeFirst(needed - first)
        first = needed
    }

    /// Lets those go who are furthest behind, as long as too much waits.
    private mutating func bound() {
        trim()
        while !followers.isEmpty, held > room || isBehind && events.count(where: { !$0.isSnapshot }) > Self.waiting { letSlowestGo() }
    }

    /// Whether somebody has not begun with the newest event.
    private var isBehind: Bool { followers.values.contains { $0.event < first + events.count - 1 } }

    /// Lets those go who are furthest behind; where nobody is behind, the one that has asked for most for itself.
    mutating func letSlowestGo() {
        if isBehind, let slowest = followers.values.map(\.event).min() {
            for (id, follower) in followers where follower.event == slowest { remove(id) }
        } else if let most = followers.max(by: { $0.value.ownBytes < $1.value.ownBytes }) {
            remove(most.key)
        }
    }
}
