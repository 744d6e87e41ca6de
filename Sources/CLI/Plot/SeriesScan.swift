import StatsCore

/// Receives the values of a scan.
protocol SeriesSink {
    /// - Parameters:
    ///   - group: the number of the line; `value`: the number of the query's value.
    ///   - isJoined: whether the tick before had a value too.
    mutating func take(_ number: Double, value: Int, group: Int, tick: UInt64, isJoined: Bool)

    /// The lines that are worth most, when there are too many; none where all of them are wanted.
    func best(_ limit: Int) -> [Int]
    /// Keeps these lines, numbered anew in this order.
    mutating func keep(_ kept: [Int])
}

extension SeriesSink {
    func best(_ limit: Int) -> [Int] { [] }
    mutating func keep(_ kept: [Int]) {}
}

/// Reads a table once and turns its rows into the values of lines: counters become rates, and the rows of a line in a tick are summed up.
/// Memory grows neither with the rows nor, beyond a limit, with the instances that are gone: a run may have had a million containers. Those lines are given
/// up then that are worth least and were not seen of late. Instances are forgotten when they can have no rate any more, so no sum lacks one.
struct SeriesScan {
    private let plan: SeriesPlan
    private let grid: Grid
    private let lastTick: UInt64
    /// How many lines are followed: twice as many before some are given up.
    private let limit: Int
    /// How many instances there may be before it is looked which of them are gone.
    private var room: Int
    /// If set, only lines with these keys count, under these numbers.
    private let only: [[UInt8]: Int]?
    private var key: [UInt8] = []

    private struct Instance {
        var group = 0
        /// `nil` before the first row.
        var tick: UInt64?
        /// When the values were read, in microseconds since t0.
        var mark: SampleMark?
    }

    /// The last reading of one value of one instance; NaN when there is none.
    private struct Reading {
        var raw = Double.nan
        var rate = Double.nan
    }

    /// One value of one line at the current tick, while it is summed up.
    private struct Pending {
        var sum = Double.nan
        var emitted: UInt64?
    }

    private var instanceKeys = KeyTable()
    private var groupKeys = KeyTable()
    private var instances: [Instance] = []
    private var readings: [Reading] = []
    private var pending: [Pending] = []
    private var pendingTick: [UInt64] = []
    /// The number of each line's node, and each node's newest tick: a node that was away delivers its ticks later than others.
    private var nodes: [Int] = []
    private var nodeKeys = KeyTable()
    private var newest: [UInt64] = []
    /// The name of each line: the node, then the cells of the label.
    private(set) var names: [[String]] = []
    /// How many lines were given up; one that came back counts again.
    private(set) var givenUp: UInt64 = 0
    /// The ids of the containers of which a row counted, up to a limit.
    private(set) var containers: Set<String> = []
    private(set) var rows: UInt64 = 0
    /// Rows that don't fit their table, or the grid.
    private(set) var badRows: UInt64 = 0

    /// A fleet of 20,000 containers is followed whole.
    static let defaultLimit = 12_000

    init(_ plan: SeriesPlan, grid: Grid, lastTick: UInt64, limit: Int = defaultLimit, only: [[UInt8]: Int]? = nil) {
        self.plan = plan
        self.limit = limit
        room = 2 * limit
        self.only = only
        self.grid = grid
        self.lastTick = lastTick
    }

    /// - Throws: `DiskError`, `CSVReader.RowTooLong`.
    mutating func read(_ table: consuming TableCursor, into sink: inout some SeriesSink) throws {
        while try table.advance() { take(table.row, &sink) }
        rows += table.rows
        badRows += table.badRows
        for group in pendingTick.indices { flush(group, &sink) }
    }

    private mutating func take(_ row: borrowing TableRow, _ sink: inout some SeriesSink) {
        guard let number = row.number(plan.tick), let tick = UInt64(exactly: number), tick <= lastTick else {
            badRows += 1
            return
        }
        if let node = plan.node, let name = plan.nodeName, !row.holds(name, node) { return }
        for condition in plan.conditions where !row.holds(condition.text, condition.slot) { return }
        if let only, only[makeKey(plan.group, row)] == nil { return }
        if instances.count >= room { forgetInstances() }
        if names.count >= 2 * limit { giveUpLines(&sink) }
        let instance = instanceKeys.number(of: makeKey(plan.identity, row))
        if instance == instances.count {
            instances.append(Instance(group: group(of: row, tick)))
            if let container = plan.container, containers.count < limit { containers.insert(row.text(container)) }
            readings.append(contentsOf: repeatElement(Reading(), count: plan.values.count))
        }
        let group = instances[instance].group
        if pendingTick[group] != tick {
            flush(group, &sink)
            pendingTick[group] = tick
            newest[nodes[group]] = max(newest[nodes[group]], tick)
        }
        read(row, tick, instance)
    }

    /// How many ticks the last row of a line, or of an instance of it, is behind its node's newest.
    private func age(_ tick: UInt64, of group: Int) -> UInt64 { newest[nodes[group]] - tick }

    /// Forgets the instances that have no rate to be continued: their node's ticks have gone on without them.
    private mutating func forgetInstances() {
        keep(instances: instances.indices.filter { age(instances[$0].tick ?? 0, of: instances[$0].group) <= 1 })
        // Those that live may be many: the next look comes when there are twice as many.
        room = 2 * max(limit, instances.count)
    }

    private mutating func keep(instances kept: [Int]) {
        instanceKeys.keep(kept)
        let count = plan.values.count
        readings = kept.flatMap { readings[$0 * count..<($0 + 1) * count] }
        instances = kept.map { instances[$0] }
    }

    /// Gives up lines: neither the best so far nor those that were seen last.
    private mutating func giveUpLines(_ sink: inout some SeriesSink) {
        // So that they count that were seen at this tick.
        for line in names.indices { flush(line, &sink) }
        var kept = Set(sink.best(limit / 2))
        let ages = pendingTick.indices.map { age(pendingTick[$0], of: $0) }
        for line in ages.indices.sorted(by: { (ages[$0], $0) < (ages[$1], $1) }) where kept.count < limit { kept.insert(line) }
        let order = kept.sorted()
        givenUp += UInt64(names.count - order.count)
        let count = plan.values.count
        pending = order.flatMap { pending[$0 * count..<($0 + 1) * count] }
        pendingTick = order.map { pendingTick[$0] }
        nodes = order.map { nodes[$0] }
        names = order.map { names[$0] }
        groupKeys.keep(order)
        sink.keep(order)
        let numbers = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
        keep(instances: instances.indices.filter { numbers[instances[$0].group] != nil })
        for index in instances.indices { instances[index].group = numbers[instances[index].group] ?? 0 }
    }

    /// What tells a line from others.
    func key(of line: Int) -> [UInt8] { groupKeys.keys[line] }

    /// The bytes of the node and of the slots, each after a separator byte that isn't valid in UTF-8.
    private mutating func makeKey(_ slots: [Int], _ row: borrowing TableRow) -> [UInt8] {
        key.removeAll(keepingCapacity: true)
        if let node = plan.node { row.append(node, to: &key) }
        for slot in slots {
            key.append(0xff)
            row.append(slot, to: &key)
        }
        return key
    }

    private mutating func group(of row: borrowing TableRow, _ tick: UInt64) -> Int {
        let group = groupKeys.number(of: makeKey(plan.group, row))
        if group == names.count {
            var name: [String] = []
            for slot in (plan.node.map { [$0] } ?? []) + plan.label { name.append(row.text(slot)) }
            names.append(name)
            let node = nodeKeys.number(of: makeKey([], row))
            if node == newest.count { newest.append(tick) }
            newest[node] = max(newest[node], tick)
            nodes.append(node)
            pendingTick.append(tick)
            pending.append(contentsOf: repeatElement(Pending(), count: plan.values.count))
        }
        return group
    }

    private mutating func read(_ row: borrowing TableRow, _ tick: UInt64, _ index: Int) {
        let instance = instances[index]
        let isNext = instance.tick.map { $0 + 1 == tick } ?? false
        let mark = row.mark(at: Int64(tick) * grid.interval)
        let step = isNext ? instance.mark.map { mark.step(since: $0) } ?? .anew : .anew
        for (number, value) in plan.values.enumerated() {
            let at = index * plan.values.count + number
            var raw = row.number(value.slot) ?? .nan
            if let minus = value.minus { raw -= row.number(minus) ?? .nan }
            var result = raw
            if value.isRate {
                result = Self.rate(raw, readings[at], step, isCounter: value.isCounter)
                readings[at] = Reading(raw: step == .repeated ? readings[at].raw : raw, rate: result)
            }
            guard result.isFinite else { continue }
            let place = instance.group * plan.values.count + number
            pending[place].sum = (pending[place].sum.isNaN ? 0 : pending[place].sum) + result * value.scale.factor
        }
        instances[index].tick = tick
        instances[index].mark = step == .repeated ? instance.mark?.repeated(at: mark) : mark
    }

    /// Growth per second between two neighbouring ticks; not a number where there is none. What is no counter may also fall.
    private static func rate(_ raw: Double, _ before: Reading, _ step: SampleMark.Step, isCounter: Bool) -> Double {
        switch step {
        case .anew: return .nan
        case .repeated: return raw.isNaN ? .nan : before.rate
        case .rates(let rates):
            let growth = isCounter ? Rates.growth(from: before.raw, to: raw) : raw - before.raw
            return rates.perSecond(growth) ?? .nan
        }
    }

    private mutating func flush(_ group: Int, _ sink: inout some SeriesSink) {
        let tick = pendingTick[group]
        let line = only?[groupKeys.keys[group]] ?? group
        for number in plan.values.indices {
            let at = group * plan.values.count + number
            let sum = pending[at].sum
            guard !sum.isNaN else { continue }
            sink.take(sum, value: number, group: line, tick: tick, isJoined: pending[at].emitted.map { $0 + 1 == tick } ?? false)
            pending[at] = Pending(sum: .nan, emitted: tick)
        }
    }
}
