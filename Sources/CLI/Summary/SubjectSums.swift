import StatsCore

/// Sums up what the things of one kind used, of one row after the other.
///
/// The values of all instances of a thing at one tick are added up first, and count as one value of that tick. Rows of several nodes come in no common order, so of what spans nodes
/// the newest `depth` ticks are kept open.
struct SubjectSums: Sendable {
    /// How many ticks are kept open where rows of several nodes are added up.
    static let depthOverNodes = 256

    let kind: SubjectKind
    private let measures: [Measure]
    private let interval: Int64
    private let depth: Int

    /// For each thing.
    private var nodes: [String] = []
    var facts: [SubjectFacts] = []
    var instances: [Int] = []
    private var lastTick: [UInt64?] = []
    /// For each open tick of each thing: its number.
    private var openTicks: [UInt64?] = []
    /// For each measure of it: the sum, not a number without a value, and how many intervals it stands for.
    private var sums: [Double] = []
    private var spans: [Int64] = []
    /// For each measure of each thing.
    private var values: [ValueSketch] = []
    private var totals: [Double] = []
    /// In microseconds: how long the total is for, and up to when that was counted.
    private var times: [Int64] = []
    private var counted: [Int64] = []
    private var peaks: [Double] = []
    /// Values of nodes that were further behind the others than `depth` ticks: they count in means and totals, and not in quantiles.
    private(set) var tooLate: UInt64 = 0

    init(_ kind: SubjectKind, _ measures: [Measure], interval: Int64, areManyNodes: Bool) {
        (self.kind, self.measures, self.interval) = (kind, measures, interval)
        depth = kind.spansNodes && areManyNodes ? Self.depthOverNodes : 1
    }

    var count: Int { nodes.count }

    /// - Returns: the number of a thing that is new.
    mutating func add(node: String) -> Int {
        nodes.append(node)
        facts.append(SubjectFacts())
        instances.append(0)
        lastTick.append(nil)
        openTicks.append(contentsOf: repeatElement(nil, count: depth))
        sums.append(contentsOf: repeatElement(.nan, count: depth * measures.count))
        spans.append(contentsOf: repeatElement(0, count: depth * measures.count))
        values.append(contentsOf: repeatElement(ValueSketch(), count: measures.count))
        totals.append(contentsOf: repeatElement(.nan, count: measures.count))
        times.append(contentsOf: repeatElement(0, count: measures.count))
        counted.append(contentsOf: repeatElement(.min, count: measures.count))
        peaks.append(contentsOf: repeatElement(.nan, count: measures.count))
        return nodes.count - 1
    }

    /// Opens a tick of a thing, and ends the one that was in its place.
    /// - Returns: where its sums are; `nil` for one that has been ended already.
    mutating func open(_ tick: UInt64, of subject: Int) -> Int? {
        let place = subject * depth + Int(truncatingIfNeeded: tick % UInt64(depth))
        if openTicks[place] != tick {
            if let open = openTicks[place], open > tick {
                tooLate += 1
                return nil
            }
            end(place, of: subject)
            openTicks[place] = tick
        }
        return place * measures.count
    }

    /// Adds an instance's value.
    /// - Parameters:
    ///   - place: of the tick's sums, as `open` says, and the measure's number behind it.
    ///   - span: for how many intervals the value stands.
    @inline(__always) mutating func add(_ value: Double, span: Int64, at place: Int) {
        sums[place] = sums[place].isNaN ? value : sums[place] + value
        if span > spans[place] { spans[place] = span }
    }

    /// Counts what a counter grew by between two instants. Time that several instances have in common counts once.
    mutating func grow(_ subject: Int, _ measure: Int, by growth: Double, from: Int64, to: Int64) {
        guard growth < ValueSketch.largest else { return }
        let place = subject * measures.count + measure
        totals[place] = totals[place].isNaN ? growth : totals[place] + growth
        let begin = max(from, counted[place])
        if to > begin {
            times[place] &+= to &- begin
            counted[place] = to
        }
    }

    /// Notes a value that was reached for certain, between two rows.
    mutating func reach(_ value: Double, _ subject: Int, _ measure: Int) {
        let place = subject * measures.count + measure
        if value < ValueSketch.largest, !(peaks[place] >= value) { peaks[place] = value }
    }

    private mutating func end(_ place: Int, of subject: Int) {
        guard let tick = openTicks[place] else { return }
        // A rate over several intervals stands for all of them, unless the thing had values in between.
        let since = lastTick[subject].flatMap { $0 < tick ? Int64(clamping: tick - $0) : nil } ?? .max
        for measure in measures.indices {
            let at = place * measures.count + measure
            guard !sums[at].isNaN else { continue }
            values[subject * measures.count + measure].add(sums[at], weight: Double(max(1, min(spans[at], since))))
            (sums[at], spans[at]) = (.nan, 0)
        }
        lastTick[subject] = max(lastTick[subject] ?? tick, tick)
        openTicks[place] = nil
    }

    /// What each thing used, named by what its rows last said; things of one name are one.
    mutating func finish(_ name: (SubjectFacts, _ node: String) -> Subject?) -> [SubjectUse] {
        for place in openTicks.indices.sorted(by: { (openTicks[$0] ?? 0, $0) < (openTicks[$1] ?? 0, $1) }) {
            end(place, of: place / depth)
        }
        var uses: [SubjectUse] = []
        var places: [Subject: Int] = [:]
        for number in nodes.indices {
            guard let subject = name(facts[number], nodes[number]) else { continue }
            var use = SubjectUse(subject: subject, facts: facts[number], instances: instances[number])
            for measure in measures.indices { use.add(self.use(number, measure)) }
            guard !use.measures.isEmpty else { continue }
            if let place = places[subject] {
                uses[place].add(use)
            } else {
                places[subject] = uses.count
                uses.append(use)
            }
        }
        return uses
    }

    private func use(_ subject: Int, _ number: Int) -> MeasureUse {
        let (place, measure) = (subject * measures.count + number, measures[number])
        let peak = peaks[place].isNaN ? nil : peaks[place]
        if case .gauge = measure.source {
            let seconds = values[place].weight * Double(interval) / 1e6
            let sum = measure.totalUnit == nil ? nil : values[place].mean.map { $0 * seconds }
            return MeasureUse(measure, values: values[place], growth: sum, time: Int64(seconds * 1e6), peak: peak)
        }
        let growth = totals[place].isNaN ? nil : totals[place]
        return MeasureUse(measure, values: values[place], growth: growth, time: times[place], peak: peak)
    }
}
