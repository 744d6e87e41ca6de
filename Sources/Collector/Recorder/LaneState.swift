import StatsCore

/// What the sessions of one event loop have delivered since the recorder last took it over. Only used within its lane's lock.
struct LaneState: ~Copyable, Sendable {
    /// Rows of one table that wait.
    struct Rows: ~Copyable, Sendable {
        fileprivate(set) var bytes = ByteWriter(capacity: 256)
        fileprivate(set) var count = 0
        /// The bytes before the tick that is being added.
        fileprivate var mark = 0
    }

    /// Rows that were left out of a tick, since each thing has one row in it.
    struct Doubled: Sendable {
        let node: String
        let tick: UInt64
        let rows: Int
    }

    /// The run in progress, as long as it takes rows.
    var run: LaneRun?
    /// Whether nothing is taken for the moment.
    var isPaused = false
    private(set) var seats: [LaneSeat?] = []
    private var free: [Int] = []
    /// Places of those that have moved since.
    private(set) var moved: [Int] = []
    /// By table; there are fewer tables than that.
    private(set) var tables = InlineArray<16, Rows> { _ in Rows() }
    private(set) var holes: [RunLedger.Hole] = []
    private(set) var doubled: [Doubled] = []
    /// When new rows or gaps came last.
    private(set) var progressed: Int64?
    private var encoder = CSVEncoder()

    /// Room for rows of one table that is kept though it wasn't needed of late, in bytes.
    private static let keptRoom = 1 << 20
    /// So many ticks with rows that were left out are kept for the recorder to tell.
    private static let doubledLimit = 1000

    // MARK: Seats

    /// - Returns: the agent's place from now on.
    mutating func add(_ seat: LaneSeat) -> Int {
        if let place = free.popLast() {
            seats[place] = seat
            return place
        }
        seats.append(seat)
        return seats.count - 1
    }

    mutating func remove(_ place: Int) {
        seats[place] = nil
        free.append(place)
        moved.removeAll { $0 == place }
    }

    func seat(_ place: Int, of session: UInt64) -> LaneSeat? {
        guard seats.indices.contains(place), let seat = seats[place], seat.session == session else { return nil }
        return seat
    }

    /// The node of a place takes part in the run with this account, or in none.
    mutating func set(_ account: RunLedger.Account?, isTurnedAway: Bool = false, at place: Int) {
        seats[place]?.account = account
        seats[place]?.isTurnedAway = isTurnedAway
    }

    /// The current position of the agent is to be acknowledged, again if need be.
    mutating func noteMoved(_ place: Int) {
        guard seats[place]?.hasMoved == false else { return }
        seats[place]?.hasMoved = true
        moved.append(place)
    }

    // MARK: Frames

    /// Whether a frame would be the agent's next one at this place.
    private func isNext(_ seq: UInt64, from first: UInt64, at place: Int, of session: UInt64) -> Bool {
        guard let accepted = seat(place, of: session)?.accepted else { return false }
        return seq > accepted && first - 1 <= accepted
    }

    /// What becomes of a frame before its content is looked at; `nil` when it is to be taken.
    mutating func precondition(
        run id: String, seq: UInt64, first: UInt64, at place: Int, of session: UInt64, _ backlog: RowBacklog, _ counters: RefusalCounters
    ) -> Lane.Receipt? {
        guard isNext(seq, from: first, at: place, of: session) else { return .replaced }
        if isPaused { return .wait }
        if backlog.bytes >= Recorder.bufferBytes {
            guard backlog.isBlocked else { return .wait }
            seats[place]?.needsRewind = true
            noteMoved(place)
            return .full
        }
        guard let run, run.id == id else { return drop(seq, at: place, "late_frame", counters) }
        if seats[place]?.account == nil, seats[place]?.isTurnedAway == false { return .join }
        return nil
    }

    /// Takes a frame of which nothing is kept.
    private mutating func drop(_ seq: UInt64, at place: Int, _ reason: String, _ counters: RefusalCounters) -> Lane.Receipt {
        counters.count(reason)
        seats[place]?.accepted = seq
        noteMoved(place)
        return .stored
    }

    /// A frame has brought something new.
    private mutating func keep(_ seq: UInt64, at place: Int, now: Int64) -> Lane.Receipt {
        seats[place]?.accepted = seq
        seats[place]?.hasDelivered = true
        noteMoved(place)
        progressed = now
        return .stored
    }

    private static func tooEarly(_ tick: UInt64) -> Lane.Receipt {
        .refused(
            Refusal(
                code: "tick_in_future", message: "refused tick \(tick): it is not due for more than ten seconds, by the collector's clock"))
    }

    /// Adds the rows of a tick: all of them, or none.
    mutating func add(_ tick: TickFrame, frame: RawSpan, at place: Int, now: Int64, _ counters: RefusalCounters) -> Lane.Receipt {
        guard let run, let seat = seats[place] else { return .replaced }
        let (number, seq) = (tick.header.tick, tick.header.seq)
        guard run.life.isPlausible(number, at: now) else { return Self.tooEarly(number) }
        if run.life.isBeyondEnd(number) { return drop(seq, at: place, "tick_after_the_end", counters) }
        guard let account = seat.account else { return drop(seq, at: place, "too_many_nodes", counters) }
        if number < account.nextTick { return drop(seq, at: place, "tick_twice", counters) }
        for index in tables.indices { tables[index].mark = tables[index].bytes.count }
        encoder.begin(time: run.life.grid.instant(of: number), tick: number, node: seat.node)
        do throws(Refusal) {
            try encode(tick, frame: frame, seat.columns, run, counters)
        } catch {
            for index in tables.indices { tables[index].bytes.truncate(to: tables[index].mark) }
            return .refused(error)
        }
        if encoder.doubled > 0 {
            counters.count("row_twice", by: UInt64(encoder.doubled))
            if doubled.count < Self.doubledLimit { doubled.append(Doubled(node: seat.node, tick: number, rows: encoder.doubled)) }
        }
        if let hole = seats[place]?.account?.present(number, of: seat.node, late: tick.header.late) { holes.append(hole) }
        return keep(seq, at: place, now: now)
    }

    private mutating func encode(
        _ tick: TickFrame, frame: RawSpan, _ columns: ColumnMap, _ run: LaneRun, _ counters: RefusalCounters
    ) throws(Refusal) {
        var counts = InlineArray<16, Int>(repeating: 0)
        var seen: UInt64 = 0
        for (name, range) in tick.tables {
            guard let table = TableID(name: name), run.columnCounts[table.rawValue] != nil else {
                counters.count("unknown_table")
                continue
            }
            do throws(RowFault) {
                let bit: UInt64 = 1 << table.rawValue
                guard seen & bit == 0 else { throw RowFault(row: 0, what: "is of a table that the tick has named before") }
                seen |= bit
                guard let target = run.target(table, of: columns) else {
                    throw RowFault(row: 0, what: "is of a table that `hello` did not name")
                }
                counts[table.rawValue] = try encoder.append(frame, rows: range, as: target, to: &tables[table.rawValue].bytes)
            } catch {
                throw Refusal(
                    code: "bad_row", message: "refused tick \(tick.header.tick) (frame \(tick.header.seq)): in table `\(name)` \(error)")
            }
        }
        for index in tables.indices { tables[index].count += counts[index] }
    }

    /// Adds ticks that an agent reports as missing.
    mutating func add(_ gap: Gap, at place: Int, now: Int64, _ counters: RefusalCounters) -> Lane.Receipt {
        guard let run, let seat = seats[place] else { return .replaced }
        guard gap.from <= gap.to else {
            return .refused(Refusal(code: "bad_field", message: "refused a gap from tick \(gap.from) to \(gap.to)"))
        }
        guard run.life.isPlausible(gap.to, at: now) else { return Self.tooEarly(gap.to) }
        if run.life.isBeyondEnd(gap.from) { return drop(gap.seq, at: place, "tick_after_the_end", counters) }
        guard seat.account != nil else { return drop(gap.seq, at: place, "too_many_nodes", counters) }
        var cut = gap
        if let expected = run.life.expected { cut.to = min(gap.to, expected - 1) }
        let new = seats[place]?.account?.missing(cut, of: seat.node) ?? []
        guard !new.isEmpty else { return drop(gap.seq, at: place, "tick_twice", counters) }
        holes += new
        return keep(gap.seq, at: place, now: now)
    }

    // MARK: Handing over

    /// How many bytes of rows wait.
    var byteCount: Int {
        var sum = 0
        for index in tables.indices { sum += tables[index].bytes.count }
        return sum
    }

    /// Nothing is taken any more for the run.
    mutating func endRun() {
        run = nil
        for place in seats.indices { set(nil, at: place) }
    }

    /// Forgets what the recorder has taken over.
    mutating func clear() {
        for place in moved {
            seats[place]?.hasMoved = false
            seats[place]?.needsRewind = false
            seats[place]?.hasDelivered = false
        }
        moved.removeAll(keepingCapacity: true)
        for index in tables.indices {
            tables[index].bytes.removeAll(keeping: Self.keptRoom)
            tables[index].count = 0
        }
        holes.removeAll()
        doubled.removeAll()
        progressed = nil
    }
}
