import StatsCore

/// Reads rows of one table, and sums up what things used at the ticks of a window. Memory is in proportion to the number of instances, and doesn't grow with time.
///
/// A counter's growth is between an instance's rows within the window; of an instance that began within it, all that its first row says.
struct UseScan: Sendable {
    private let plan: UsePlan
    private let interval: Int64
    let ticks: ClosedRange<UInt64>
    private let uptimes: NodeUptimes

    private var keys = KeyTable()
    private var key: [UInt8] = []
    private var instances: [Instance] = []
    /// For each measure of each instance.
    private var readings: [Reading] = []
    private var book: SubjectBook
    private var devices: [String: Set<String>] = [:]

    private struct Instance: Sendable {
        let node: String
        var mark: SampleMark
        /// Whether it counts: a volume's bytes are those of its disks.
        var counts = true
        /// When it began, if that was within the window.
        var began: Int64?
        /// The most memory that it ever had, as its first row says.
        var peak = Double.nan
        let ending: UsePlan.Ending
    }

    /// The last value of a counter, when it was read, and the rate that it gave.
    private struct Reading: Sendable {
        var value = Double.nan
        var at: Int64 = 0
        var rate = Double.nan
    }

    init(_ plan: UsePlan, grid: Grid, ticks: ClosedRange<UInt64>, uptimes: NodeUptimes, areManyNodes: Bool) {
        (self.plan, self.ticks, self.uptimes) = (plan, ticks, uptimes)
        interval = grid.interval
        book = SubjectBook(plan, interval: grid.interval, areManyNodes: areManyNodes)
    }

    /// How many instances there are so far.
    var count: Int { instances.count }

    /// Takes a row of a tick of the window.
    mutating func take(_ row: borrowing TableRow, _ tick: UInt64) {
        let instant = Int64(clamping: tick).saturatingMultiplied(by: interval)
        row.makeKey(plan.identity, &key)
        let number = keys.number(of: key)
        let isNew = number == instances.count
        var mark = row.mark(at: instant)
        if isNew { append(row, mark, tick) }
        guard instances[number].counts else { return }
        // Not every row tells the start.
        if !isNew { mark = mark.knowingStart(of: instances[number].mark) }
        let step = isNew ? nil : mark.step(since: instances[number].mark)
        book.find(row, of: number, on: instances[number].node)
        // Its traffic is another container's, whose network it uses.
        let isShared = plan.network.map { row.begins("container:", $0) } ?? false
        let ending = instances[number].ending
        for measure in plan.measures.indices where plan.takes(measure, of: row, ending) {
            take(row, measure, number, step, mark, tick, isShared: isShared)
        }
        takePeak(row, number)
        instances[number].mark = step == .repeated ? instances[number].mark.repeated(at: mark) : mark
    }

    private mutating func append(_ row: borrowing TableRow, _ mark: SampleMark, _ tick: UInt64) {
        let node = row.text("node") ?? ""
        var instance = Instance(node: node, mark: mark, ending: plan.ending(row))
        if let device = plan.device {
            let name = row.text(device)
            devices[node, default: []].insert(name)
            instance.counts = !Devices.isStacked(name) && !Devices.isPartition(name, of: devices[node] ?? [])
        }
        if let start = row.count(plan.start), let began = uptimes.instant(of: start, on: node),
            began >= Int64(clamping: ticks.lowerBound).saturatingMultiplied(by: interval)
        {
            instance.began = began
        }
        instances.append(instance)
        readings.append(contentsOf: repeatElement(Reading(), count: plan.measures.count))
        book.addInstance()
    }

    // MARK: Values

    /// Reads one measure of a row, and adds it to each thing that the instance belongs to.
    private mutating func take(
        _ row: borrowing TableRow, _ measure: Int, _ instance: Int, _ step: SampleMark.Step?, _ mark: SampleMark, _ tick: UInt64,
        isShared: Bool
    ) {
        let slots = plan.slots[measure]
        let divisor = plan.measures[measure].divisor
        var (value, span) = (Double.nan, Int64(1))
        if let gauge = slots.gauge {
            value = row.number(gauge) ?? .nan
            if let minus = slots.minus { value -= row.number(minus) ?? .nan }
            value /= divisor
        }
        if !slots.counters.isEmpty {
            let place = instance * plan.measures.count + measure
            let raw = sum(row, slots.counters)
            let grown = growth(raw, instance, measure, step, mark)
            if let grown {
                // Over less than an interval a rate would say more than the tick's other rows do: they are added up.
                let lived = mark.sampled.saturatingSubtracting(grown.from)
                let elapsed = grown.isShort ? max(interval, lived) : lived
                // How much of the interval one was there that began and ended in it, nobody knows.
                let from = grown.isShort && plan.isOver(row) ? mark.sampled.saturatingSubtracting(elapsed) : grown.from
                book.grow(instance, measure, isShared: isShared, by: grown.by, from: from, to: mark.sampled)
                // A gauge says nothing of a gap before it.
                if slots.gauge == nil { span = max(1, elapsed.saturatingAdding(interval / 2) / interval) }
                readings[place].rate = Rates(microseconds: elapsed).perSecond(grown.by) ?? .nan
            } else if step != .repeated {
                readings[place].rate = .nan
            }
            if !raw.isNaN, step != .repeated { (readings[place].value, readings[place].at) = (raw, mark.sampled) }
            if slots.gauge == nil, !raw.isNaN { value = readings[place].rate / divisor }
        }
        if !value.isNaN { book.add(value, of: instance, measure, isShared: isShared, at: tick, span: span) }
    }

    private struct Growth {
        let by: Double
        let from: Int64
        /// Whether it began between two ticks, so that its time may be shorter than an interval.
        let isShort: Bool
    }

    /// What a counter grew by since the instance's last reading, or since it began.
    private func growth(
        _ raw: Double, _ instance: Int, _ measure: Int, _ step: SampleMark.Step?, _ mark: SampleMark
    ) -> Growth? {
        guard !raw.isNaN else { return nil }
        let last = readings[instance * plan.measures.count + measure]
        switch step {
        case nil: return instances[instance].began.map { Growth(by: raw, from: min($0, mark.sampled), isShort: true) }
        case .repeated: return nil
        case .anew: return Growth(by: raw, from: instances[instance].mark.sampled, isShort: true)
        case .rates:
            guard !last.value.isNaN else { return nil }
            if let growth = Rates.growth(from: last.value, to: raw) { return Growth(by: growth, from: last.at, isShort: false) }
            // Where a counter began anew, it grew from zero.
            return plan.measures[measure].restartsAtZero ? Growth(by: raw, from: last.at, isShort: false) : nil
        }
    }

    /// The sum of those that are told; not a number when none is.
    private func sum(_ row: borrowing TableRow, _ slots: [Int]) -> Double {
        var sum = Double.nan
        for slot in slots {
            guard let value = row.number(slot) else { continue }
            sum = sum.isNaN ? value : sum + value
        }
        return sum
    }

    /// The most memory that the kernel says an instance ever had, between two ticks, too. It was in the window if the instance began in it, or if it has become more in it.
    private mutating func takePeak(_ row: borrowing TableRow, _ instance: Int) {
        guard let (column, memory) = plan.peak, let peak = row.number(column) else { return }
        if instances[instance].peak.isNaN { instances[instance].peak = peak }
        guard instances[instance].began != nil || peak > instances[instance].peak else { return }
        book.reach(peak, of: instance, memory)
    }

    // MARK: The result

    /// How many values came too late to count in a quantile.
    var tooLate: UInt64 { book.tooLate }

    mutating func finish() -> [SubjectUse] { book.finish() }
}
