import ArgumentParser
import StatsCore

/// Reads a plan and reports all of its faults.
struct MatrixPlanReader {
    private typealias Spot = DocumentValues.Spot

    private var values = DocumentValues()

    static let mostRuns = 10_000
    /// Labels of a run are levels, the plan's name and the repetition.
    private static let mostFactors = RunLabels.most - 2
    private static let mostLevels = 1000
    /// A collector refuses a longer note.
    private static let noteBytes = 4096
    private static let day: Int64 = 86_400_000_000

    /// - Parameter name: what the plan is called if it doesn't say so itself.
    /// - Throws: `DocumentFaults` with every fault.
    static func read(_ bytes: [UInt8], name: String) throws(DocumentFaults) -> MatrixPlan {
        let root: YAMLNode
        do throws(YAMLFault) { root = try YAMLParser.parse(bytes) } catch { throw DocumentFaults(error) }
        var reader = MatrixPlanReader()
        let plan = reader.plan(Spot(node: root, path: ""), name)
        guard reader.values.faults.isEmpty else { throw DocumentFaults(faults: reader.values.faults) }
        return plan
    }

    /// Uses placeholders for values that can't be read: each of them is a fault.
    private mutating func plan(_ spot: Spot, _ name: String) -> MatrixPlan {
        let members = values.members(spot, MatrixPlan.CodingKeys.allCases.map(\.rawValue))
        var plan = MatrixPlan(name: name)
        guard case .mapping = spot.node.value else { return plan }
        func member(_ key: MatrixPlan.CodingKeys) -> Spot? { members[key.rawValue] }
        if let spot = member(.name), let name = values.text(spot) { plan.name = name }
        if !Self.isName(plan.name) {
            values.fault(
                member(.name) ?? spot,
                "the name `\(DocumentValues.short(plan.name))` can't be: it has letters, digits, _, . and -, and begins with none of . and -"
            )
        }
        plan.factors = factors(member(.factors), spot)
        if let spot = member(.exclude) { plan.exclude = exclude(spot, plan.factors) }
        if let spot = member(.repetitions) { plan.repetitions = values.integer(spot, 1...Self.mostRuns) ?? 1 }
        if let spot = member(.seed) { plan.seed = UInt64(values.integer(spot, 0...Int.max) ?? 1) }
        if let spot = member(.interval), let time = time(spot, Grid.intervals) { plan.interval = time.description }
        for step in MatrixPlan.Step.allCases {
            guard let spot = members[step.rawValue], let text = command(spot, plan.factors) else { continue }
            switch step {
            case .setUp: plan.setup = text
            case .load: plan.load = text
            case .tearDown: plan.teardown = text
            }
        }
        plan.warmUp = member(.warmUp).flatMap { time($0, 0...Self.day)?.description }
        plan.duration = member(.duration).flatMap { time($0, 1000...31 * Self.day)?.description }
        plan.coolDown = member(.coolDown).flatMap { time($0, 0...Self.day)?.description }
        if let spot = member(.onFailure) { plan.onFailure = values.choice(spot, MatrixPlan.OnFailure.self) ?? .stop }
        if let spot = member(.collector) { plan.collector = collector(spot) }
        if let spot = member(.expect) {
            plan.expect = values.integer(spot, 1...100_000)
            if member(.collector) == nil { values.fault(spot, "is for a collector elsewhere: say `collector: host:port`, or leave it out") }
        }
        if let spot = member(.record) { plan.record = record(spot, isElsewhere: plan.collector != nil) }
        if let spot = member(.note) { plan.note = note(spot) }
        if let spot = member(.duration), let duration = plan.course.duration, let interval = Interval(plan.interval),
            duration.microseconds < interval.microseconds
        {
            values.fault(spot, "is shorter than the interval, \(interval), so that no tick may fall into it: take a longer one")
        }
        if member(.load) == nil, member(.duration) == nil {
            values.fault(spot, "nothing says how long a run lasts: give it a `load`, a command that ends, or a `duration`")
        }
        checkSize(plan, spot)
        return plan
    }

    private mutating func factors(_ spot: Spot?, _ root: Spot) -> [MatrixPlan.Factor] {
        guard let spot else {
            values.fault(root, "`factors` is missing; write factors: and below it `name: [level, level]` for each")
            return []
        }
        guard case .mapping(let entries) = spot.node.value else {
            values.fault(spot, "has to be a mapping, `name: [level, level]` on each line, not \(DocumentValues.kind(spot.node.value))")
            return []
        }
        if entries.isEmpty || entries.count > Self.mostFactors {
            values.fault(spot, "has \(HumanUnits.count(entries.count, "factor")); there are 1 to \(Self.mostFactors)")
        }
        return entries.prefix(Self.mostFactors).map { entry in
            if !Self.isFactor(entry.key) {
                values.fault(
                    entry.place, spot.path,
                    "the factor `\(DocumentValues.short(entry.key))` can't be called so: a name has ASCII letters, digits and _, begins with a letter, and is none of \(Self.taken.sorted().joined(separator: ", "))"
                )
            }
            return MatrixPlan.Factor(name: entry.key, levels: levels(Spot(node: entry.value, path: "\(spot.path).\(entry.key)")))
        }
    }

    private mutating func levels(_ spot: Spot) -> [String] {
        let items = values.items(spot)
        if case .sequence(let list) = spot.node.value, list.isEmpty || list.count > Self.mostLevels {
            values.fault(spot, "has \(HumanUnits.count(list.count, "level")); a factor has 1 to \(Self.mostLevels)")
        }
        var levels: [String] = []
        for item in items.prefix(Self.mostLevels) {
            guard let level = level(item) else { continue }
            if levels.contains(level) { values.fault(item, "the level `\(DocumentValues.short(level))` stands twice") }
            levels.append(level)
        }
        return levels
    }

    /// A text, or a number or truth value as it is written.
    private mutating func level(_ spot: Spot) -> String? {
        let text: String
        if let source = spot.node.source {
            text = source
        } else {
            guard let given = values.text(spot) else { return nil }
            text = given
        }
        do throws(RunLabels.Fault) {
            _ = try RunLabels.pair("level=\(text)")
            return text
        } catch {
            values.fault(spot, "can't be a run's label, as each level is: \(error)")
            return nil
        }
    }

    /// `- {cache: "on", threads: 1}`: combinations that there are not.
    private mutating func exclude(_ spot: Spot, _ factors: [MatrixPlan.Factor]) -> [[String: String]] {
        values.items(spot).map { item in
            let members = values.members(item, factors.map(\.name))
            if case .mapping(let entries) = item.node.value, entries.isEmpty { values.fault(item, "names no level") }
            var rule: [String: String] = [:]
            for (name, spot) in members {
                guard let level = level(spot) else { continue }
                let known = factors.first { $0.name == name }?.levels ?? []
                if !known.contains(level) {
                    values.fault(
                        spot, "`\(name)` has no level `\(DocumentValues.short(level))`; \(DocumentValues.suggestion(level, known))")
                }
                rule[name] = level
            }
            return rule
        }
    }

    /// A time such as `10s`; `nil` for 0, which says the same as nothing.
    private mutating func time(_ spot: Spot, _ range: ClosedRange<Int64>) -> Interval? {
        values.duration(spot, range).flatMap { $0 > 0 ? Interval(microseconds: $0) : nil }
    }

    /// A command, in which each variable of ours has to be one that there is.
    private mutating func command(_ spot: Spot, _ factors: [MatrixPlan.Factor]) -> String? {
        guard let text = values.text(spot) else { return nil }
        let known = factors.map { MatrixPlan.levelVariable + $0.name } + [MatrixPlan.runVariable, MatrixPlan.repetitionVariable]
        var told: Set<String> = []
        for variable in Self.variables(in: text) where !known.contains(variable) && told.insert(variable).inserted {
            values.fault(spot, "there is no variable `\(DocumentValues.short(variable))`; \(DocumentValues.suggestion(variable, known))")
        }
        return text
    }

    /// The names in a text that begin as our variables do.
    static func variables(in text: String) -> [String] {
        let words = text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }
        return words.map(String.init).filter { $0.hasPrefix(MatrixPlan.levelVariable) || $0.hasPrefix("SONDE_MATRIX_") }
    }

    private mutating func note(_ spot: Spot) -> String? {
        guard let text = values.text(spot) else { return nil }
        if text.utf8.count > Self.noteBytes {
            values.fault(spot, "has \(HumanUnits.count(text.utf8.count, "byte")); a note has at most \(Self.noteBytes)")
        }
        return text
    }

    private mutating func collector(_ spot: Spot) -> String? {
        guard let text = values.text(spot) else { return nil }
        if Self.endpoint(text) == nil {
            values.fault(
                spot,
                "has to be the address of a collector's control port, `host:port`, such as 192.168.0.2:9880, not `\(DocumentValues.short(text))`"
            )
        }
        return text
    }

    /// `host:port`; an IPv6 address stands in brackets.
    static func endpoint(_ text: String) -> Endpoint? {
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex else { return nil }
        let (host, port) = (String(text[..<colon]), String(text[text.index(after: colon)...]))
        guard !host.contains(":") || host.hasPrefix("[") else { return nil }
        return try? Endpoint(host: ("collector", host), port: ("collector", port))
    }

    private mutating func record(_ spot: Spot, isElsewhere: Bool) -> [String] {
        let words = values.items(spot).compactMap { values.text($0) }
        if isElsewhere { values.fault(spot, "is for runs on this machine; what a collector elsewhere records is told to its agents") }
        do throws(RecordOptionFault) { _ = try MatrixPlan.agentArguments(words, interval: "1s") } catch {
            values.fault(spot, error.message)
        }
        return words
    }

    private mutating func checkSize(_ plan: MatrixPlan, _ spot: Spot) {
        guard values.faults.isEmpty else { return }
        var runs = plan.repetitions
        for factor in plan.factors { runs = runs.saturatingMultiplied(by: factor.levels.count) }
        guard runs <= Self.mostRuns else {
            return values.fault(
                spot, "has \(runs) runs, of which a plan may have \(Self.mostRuns): take fewer levels or repetitions, or several plans")
        }
        if MatrixOrder.cells(plan).isEmpty { values.fault(spot, "`exclude` leaves out every combination") }
        let longest = plan.factors.reduce(plan.name.utf8.count + 40) {
            $0 + $1.name.utf8.count + 1 + ($1.levels.map(\.utf8.count).max() ?? 0)
        }
        if longest > RunLabels.bytesInAll {
            values.fault(spot, "the levels of a run take \(longest) bytes as labels; a run has \(RunLabels.bytesInAll)")
        }
    }

    /// Names that runs.csv or the labels need for something else.
    private static let taken = Set(MatrixTable.columns + [MatrixPlan.nameLabel])

    private static func isFactor(_ name: String) -> Bool {
        guard let first = name.first, first.isASCII, first.isLetter, name.utf8.count <= RunLabels.keyBytes, !taken.contains(name) else {
            return false
        }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    /// A directory's name that needs no quotes anywhere.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.first, first != ".", first != "-", name.utf8.count <= 100 else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
    }
}
