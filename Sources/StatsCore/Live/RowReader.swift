/// What one row said: values that are told as they are, and the counters of those that take two readings.
package struct RowReading: Sendable {
    /// By the place of their sources; those that take two readings are unknown before `derive`, and those that no row says before somebody sets them.
    package var values: [LiveValue]
    /// Of the sources that take two readings, one behind the other.
    fileprivate var counters: [UInt64?]
}

/// Reads values out of the rows of one table of one tick.
package struct RowReader: Sendable {
    private let sources: [RowSource]
    /// For each source the numbers of its columns' cells; `nil` for a column that the sender doesn't have.
    private let cells: [[Int?]]

    package init(_ sources: [RowSource], columns: FrameRows.Columns?) {
        self.sources = sources
        cells = sources.map { source in source.columns.map { columns?.place($0) } }
    }

    /// - Parameter node: whose row it is.
    package func read(_ row: borrowing FrameRow, node: String) -> RowReading {
        var reading = RowReading(values: [], counters: [])
        reading.values.reserveCapacity(sources.count)
        for (source, cells) in zip(sources, cells) {
            if source.isDerived {
                for cell in cells { reading.counters.append(row.count(at: cell)) }
                reading.values.append(.unknown)
                continue
            }
            reading.values.append(Self.value(of: source, row, cells, node))
        }
        return reading
    }

    private static func value(of source: RowSource, _ row: borrowing FrameRow, _ cells: [Int?], _ node: String) -> LiveValue {
        switch source {
        case .node: return .text(node)
        case .text:
            for cell in cells {
                if let text = row.text(at: cell) ?? row.count(at: cell).map({ String($0) }) { return .text(text) }
            }
            return .unknown
        case .label: return LiveValue(row.count(at: cells[0]).map { String($0) })
        case .number(_, let rounding): return LiveValue(row.number(at: cells[0]).map { rounding($0) })
        case .fullness:
            guard let size = row.number(at: cells[0]), let free = row.number(at: cells[1]), let available = row.number(at: cells[2]),
                size - free + available > 0
            else { return .unknown }
            return .number(LiveRounding.tenths((size - free) / (size - free + available) * 100))
        case .rate, .share, .busy, .past, .commandLine: return .unknown
        }
    }

    /// Sets the values that take two readings.
    package func derive(_ reading: inout RowReading, since earlier: RowReading, _ rates: Rates) {
        var counter = 0
        for (place, source) in sources.enumerated() where source.isDerived {
            let counters = counter..<counter + cells[place].count
            counter = counters.upperBound
            reading.values[place] = Self.derived(source, earlier.counters[counters], reading.counters[counters], rates)
        }
    }

    /// Keeps what was derived from the readings before: an engine that has nothing newer to say tells the same sample again.
    package func keep(_ earlier: RowReading, in reading: inout RowReading) {
        for (place, source) in sources.enumerated() where source.isDerived { reading.values[place] = earlier.values[place] }
        reading.counters = earlier.counters
    }

    private static func derived(_ source: RowSource, _ old: ArraySlice<UInt64?>, _ new: ArraySlice<UInt64?>, _ rates: Rates) -> LiveValue {
        guard !rates.isEmpty else { return .unknown }
        let (first, second) = (new.startIndex, new.startIndex + 1)
        switch source {
        case .rate(_, let times, let rounding):
            return LiveValue(rates.perSecond(from: old[first], to: new[first]).map { rounding($0 * times) })
        case .share:
            let (part, whole) = (Rates.growth(from: old[first], to: new[first]), Rates.growth(from: old[second], to: new[second]))
            return LiveValue(Rates.share(part, of: whole).map { LiveRounding.tenths($0) })
        case .busy: return LiveValue(CPUTimes(new).busyPercent(since: CPUTimes(old)).map { LiveRounding.tenths($0) })
        case .node, .text, .label, .number, .fullness, .past, .commandLine: return .unknown
        }
    }
}

extension RowReading {
    /// Adds the counters of another row, for what is told of several devices together. One that doesn't say a counter adds nothing to it.
    mutating func add(_ other: RowReading) {
        for place in counters.indices {
            guard let more = other.counters[place] else { continue }
            counters[place] = (counters[place] ?? 0) &+ more
        }
    }
}

extension CPUTimes {
    /// In the order of `RowSource.busy`.
    fileprivate init(_ counters: ArraySlice<UInt64?>) {
        self.init()
        let times = Array(counters)
        (user, nice, system, idle) = (times[0], times[1], times[2], times[3])
        (iowait, irq, softirq, steal) = (times[4], times[5], times[6], times[7])
    }
}
