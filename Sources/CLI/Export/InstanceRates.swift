import StatsCore

/// Knows the instances of a table, and turns the counters of their rows into rates: the growth per second between the rows of two neighbouring ticks (`SampleMark`, `Rates`).
///
/// Memory is in proportion to the instances that live, however many there were.
struct InstanceRates {
    private struct Instance {
        var node = 0
        /// `nil` before the first row.
        var tick: UInt64?
        /// In microseconds since t0.
        var mark: SampleMark?
    }

    /// The last reading of one counter of one instance; `nil` when there is none.
    private struct Reading {
        var bits: UInt64?
        var rate: Double?
    }

    private let interval: Int64
    private let counters: [ParquetColumn.Kind]
    private var keys = KeyTable()
    private var nodes = KeyTable()
    /// The newest tick of each node: one that was away delivers its ticks later than others.
    private var newest: [UInt64] = []
    private var instances: [Instance] = []
    private var readings: [Reading] = []
    private var current = 0
    private var step = SampleMark.Step.anew
    /// How many instances there may be before it is looked which of them are gone.
    private var room = 10_000

    /// - Parameters:
    ///   - interval: of the run's grid, in microseconds.
    ///   - counters: whether they are whole numbers or doubles.
    init(interval: Int64, counters: [ParquetColumn.Kind]) {
        self.interval = interval
        self.counters = counters
    }

    var count: Int { keys.count }

    /// Takes a row up. Its counters follow.
    /// - Parameters:
    ///   - key: what tells the instance from all others, its node included.
    ///   - tick: `nil` in a row without one, which has no rates.
    /// - Returns: the instance's number.
    mutating func begin(key: [UInt8], node: [UInt8], tick: UInt64?, age: Double?, started: UInt64?) -> Int {
        current = keys.number(of: key)
        guard !counters.isEmpty else { return current }
        let place = nodes.number(of: node)
        if place == newest.count { newest.append(0) }
        if current == instances.count {
            instances.append(Instance(node: place))
            readings.append(contentsOf: repeatElement(Reading(), count: counters.count))
        }
        guard let tick, let instant = Int64(exactly: tick).map({ $0.multipliedReportingOverflow(by: interval) }), !instant.overflow else {
            step = .anew
            instances[current] = Instance(node: place)
            return current
        }
        newest[place] = max(newest[place], tick)
        let mark = SampleMark(tick: instant.partialValue, age: age, started: started)
        let before = instances[current]
        let isNext = before.tick.map { $0 < tick && tick - $0 == 1 } ?? false
        step = isNext ? before.mark.map { mark.step(since: $0) } ?? .anew : .anew
        instances[current].tick = tick
        instances[current].mark = step == .repeated ? before.mark?.repeated(at: mark) : mark
        return current
    }

    /// The rate of the row's counter with this number, from its 64 bits; `nil` where there is none.
    mutating func rate(_ counter: Int, _ bits: UInt64?) -> Double? {
        let place = current * counters.count + counter
        let before = readings[place]
        let rate: Double? =
            switch step {
            case .anew: nil
            case .repeated: bits == nil ? nil : before.rate
            case .rates(let rates): Self.rate(rates, before.bits, bits, counters[counter])
            }
        readings[place] = Reading(bits: step == .repeated ? before.bits : bits, rate: rate)
        return rate
    }

    private static func rate(_ rates: Rates, _ earlier: UInt64?, _ later: UInt64?, _ kind: ParquetColumn.Kind) -> Double? {
        guard kind == .double else { return rates.perSecond(from: earlier, to: later) }
        guard let earlier, let later else { return nil }
        return rates.perSecond(Rates.growth(from: Double(bitPattern: earlier), to: Double(bitPattern: later)))
    }

    /// Forgets instances that can have no rate any more: their node's ticks have gone on without them. The others get new numbers.
    mutating func forget() {
        guard !counters.isEmpty else {
            keys = KeyTable()
            return
        }
        guard instances.count >= room else { return }
        let kept = instances.indices.filter { index in
            let instance = instances[index]
            return instance.tick.map { newest[instance.node] - $0 <= 1 } ?? false
        }
        keys.keep(kept)
        readings = kept.flatMap { readings[$0 * counters.count..<($0 + 1) * counters.count] }
        instances = kept.map { instances[$0] }
        room = max(10_000, 2 * instances.count)
    }
}
