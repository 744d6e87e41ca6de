/// A kind of live objects, such as containers: its fields, in the order of the stream. It judges values and describes itself.
package struct LiveKind<Source: Sendable>: Sendable {
    /// What `GET /fields.json` calls it.
    package let name: String
    package let fields: [LiveField<Source>]
    private let places: [String: Int]
    /// `,"name":` of each field, as it stands in an object.
    let keys: [[UInt8]]
    private let judged: [(place: Int, limits: LiveLimits, whole: Int?)]
    /// The places of the fields with a trouble, by rank.
    private let troubles: [Int]

    package init(_ name: String, _ fields: [LiveField<Source>]) {
        precondition(fields.count <= LiveLevels.capacity)
        self.name = name
        self.fields = fields
        let places = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
        self.places = places
        keys = fields.map { Array(",\"\($0.name)\":".utf8) }
        judged = fields.enumerated().compactMap { place, field in
            field.limits.map { (place, $0, $0.field.flatMap { places[$0] }) }
        }
        troubles = fields.indices.filter { fields[$0].trouble != nil }.sorted {
            (fields[$0].trouble?.rank ?? 0, $0) < (fields[$1].trouble?.rank ?? 0, $1)
        }
    }

    /// Where a field's value stands; `nil` for a name that no field has.
    package func place(_ name: String) -> Int? { places[name] }

    /// `nil` for a name that no field has.
    package subscript(name: String) -> LiveField<Source>? { places[name].map { fields[$0] } }

    // MARK: Judging

    /// Whether any of its values has limits.
    package var isJudged: Bool { !judged.isEmpty }

    /// The level of each value that is known and has limits.
    /// - Parameter values: by the place of their fields.
    package func levels(of values: [LiveValue], in surroundings: LiveSurroundings) -> LiveLevels {
        var levels = LiveLevels()
        for (place, limits, whole) in judged {
            levels[place] = limits.level(of: values[place], whole: whole.flatMap { values[$0].number }, surroundings)
        }
        return levels
    }

    /// Whether a field is in trouble, and hot.
    package func isInTrouble(_ levels: LiveLevels) -> Bool { levels.worst == .hot && troubles.contains { levels[$0] == .hot } }

    /// The fields that are in trouble, the worst first.
    package func troubles(_ levels: LiveLevels) -> [(field: LiveField<Source>, trouble: LiveTrouble, level: LiveLevel)] {
        guard levels.worst ?? .ok > .ok else { return [] }
        let found = troubles.compactMap { place -> (field: LiveField<Source>, trouble: LiveTrouble, level: LiveLevel)? in
            guard let trouble = fields[place].trouble, let level = levels[place], level >= trouble.since else { return nil }
            return (fields[place], trouble, level)
        }
        return found.filter { $0.level == .hot } + found.filter { $0.level != .hot }
    }
}

extension LiveLimits {
    /// The field that holds the whole.
    fileprivate var field: String? {
        switch self {
        case .from(_, _, .field(let name)), .from(_, _, .cores(limit: let name)): name
        default: nil
        }
    }

    /// - Parameter whole: the value of `field`.
    fileprivate func level(of value: LiveValue, whole: Double?, _ surroundings: LiveSurroundings) -> LiveLevel? {
        switch (self, value) {
        case (.from(let warm, let hot, let of), .number(let number)):
            guard let whole = of.value(whole, surroundings), whole > 0 else { return nil }
            return number >= hot * whole ? .hot : number >= warm * whole ? .warm : .ok
        case (.below(let hot), .number(let number)): return number < hot ? .hot : .ok
        case (.above(let most, let level), .number(let number)): return number > most ? level : .ok
        case (.above(let most, let level), .counts(let counts)): return Double(counts.values.reduce(0, &+)) > most ? level : .ok
        case (.words(let words, let others), .text(let text)): return words[text] ?? others
        default: return nil
        }
    }
}

extension LiveLimits.Whole {
    fileprivate func value(_ field: Double?, _ surroundings: LiveSurroundings) -> Double? {
        switch self {
        case .value(let value): value
        case .field: field
        case .cores: (field ?? surroundings.cores).map { $0 * 100 }
        case .interval(let least): surroundings.interval.map { max(least, $0) } ?? least
        }
    }
}
