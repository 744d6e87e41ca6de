/// Takes values out of the tree of a document that somebody wrote (a policy, a plan), and collects the faults, so that all are told at once.
package struct DocumentValues {
    /// A value, and the name that messages use for it.
    package struct Spot {
        package let node: YAMLNode
        package let path: String

        package init(node: YAMLNode, path: String) {
            self.node = node
            self.path = path
        }
    }

    package private(set) var faults: [DocumentFault] = []

    package init() {}

    package mutating func fault(_ spot: Spot, _ message: String) { fault(spot.node.place, spot.path, message) }

    package mutating func fault(_ place: YAMLPlace, _ path: String, _ message: String) {
        faults.append(DocumentFault(line: place.line, path: path, message: message))
    }

    /// The members of a mapping by key. A key that isn't among `known` is a fault.
    package mutating func members(_ spot: Spot, _ known: [String]) -> [String: Spot] {
        guard case .mapping(let entries) = spot.node.value else {
            fault(
                spot,
                "has to be a mapping, `key: value` on each line, not \(Self.kind(spot.node.value)); keys are \(known.joined(separator: ", "))"
            )
            return [:]
        }
        var members: [String: Spot] = [:]
        for entry in entries {
            if known.contains(entry.key) {
                members[entry.key] = Spot(node: entry.value, path: spot.path.isEmpty ? entry.key : "\(spot.path).\(entry.key)")
            } else {
                fault(entry.place, spot.path, "unknown key `\(Self.short(entry.key))`; \(Self.suggestion(entry.key, known))")
            }
        }
        return members
    }

    package mutating func items(_ spot: Spot) -> [Spot] {
        guard case .sequence(let items) = spot.node.value else {
            fault(spot, "has to be a list, not \(Self.kind(spot.node.value))")
            return []
        }
        return items.enumerated().map { Spot(node: $1, path: "\(spot.path)[\($0)]") }
    }

    /// One text, or a list of them.
    package mutating func texts(_ spot: Spot) -> [(text: String, spot: Spot)] {
        if case .sequence = spot.node.value { return items(spot).compactMap { item in text(item).map { ($0, item) } } }
        return text(spot).map { [($0, spot)] } ?? []
    }

    package mutating func text(_ spot: Spot) -> String? {
        guard case .text(let text) = spot.node.value, !text.isEmpty else {
            fault(spot, "has to be a text, not \(Self.kind(spot.node.value)); write it in quotes if it looks like something else")
            return nil
        }
        return text
    }

    package mutating func choice<Choice: RawRepresentable & CaseIterable>(_ spot: Spot, _ type: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        guard let text = text(spot) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            fault(spot, "unknown value `\(Self.short(text))`; \(Self.suggestion(text, Choice.allCases.map(\.rawValue)))")
            return nil
        }
        return choice
    }

    package mutating func bool(_ spot: Spot) -> Bool? {
        guard case .bool(let isTrue) = spot.node.value else {
            fault(spot, "has to be true or false, not \(Self.kind(spot.node.value))")
            return nil
        }
        return isTrue
    }

    package mutating func integer(_ spot: Spot, _ range: ClosedRange<Int>) -> Int? {
        guard case .integer(let number) = spot.node.value, let number = Int(exactly: number), range.contains(number) else {
            fault(spot, "has to be a whole number from \(range.lowerBound) to \(range.upperBound), not \(Self.kind(spot.node.value))")
            return nil
        }
        return number
    }

    package mutating func number(_ spot: Spot, _ range: ClosedRange<Double>) -> Double? {
        let number: Double? =
            switch spot.node.value {
            case .integer(let number): Double(number)
            case .decimal(let number): number
            default: nil
            }
        guard let number, range.contains(number) else {
            fault(
                spot,
                "has to be a number from \(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound)), not \(Self.kind(spot.node.value))"
            )
            return nil
        }
        return number
    }

    /// A time in microseconds: `30s`, `5m`, or 0.
    package mutating func duration(_ spot: Spot, _ range: ClosedRange<Int64>) -> Int64? {
        var time: Int64?
        switch spot.node.value {
        case .integer(0): time = 0
        case .text(let text): time = text == "0s" ? 0 : Interval(text)?.microseconds
        default: break
        }
        guard let time, range.contains(time) else {
            let (low, high) = (Interval(microseconds: range.lowerBound), Interval(microseconds: range.upperBound))
            fault(
                spot,
                "has to be a time from \(range.lowerBound == 0 ? "0" : "\(low)") to \(high), such as 30s or 5m, not \(Self.kind(spot.node.value))"
            )
            return nil
        }
        return time
    }

    /// Bytes of `512MiB`; `nil` for anything else.
    static func bytes(_ text: some StringProtocol) -> Double? {
        guard let unit = ByteSize.unit(of: text) else { return nil }
        return decimal(text.dropLast(unit.name.count)).map { $0 * unit.bytes }
    }

    /// A number that isn't negative, without an exponent.
    static func decimal(_ text: some StringProtocol) -> Double? {
        guard !text.isEmpty, text.utf8.count < 19, text.utf8.allSatisfy({ $0 &- 48 < 10 || $0 == UInt8(ascii: ".") }) else { return nil }
        return Double(text)
    }

    /// Describes a value in a message.
    package static func kind(_ value: YAMLNode.Value) -> String {
        switch value {
        case .null: "nothing"
        case .bool(let isTrue): "\(isTrue)"
        case .integer(let number): "\(number)"
        case .decimal(let number): "\(number)"
        case .text(let text): "the text \"\(short(text))\""
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    private static func plain(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
    }

    package static func short(_ text: String) -> String { VisibleText.escape(text.count > 60 ? text.prefix(60) + "…" : text) }

    /// `did you mean …?` when a known word is similar, else the list of known words.
    package static func suggestion(_ word: String, _ known: [String]) -> String {
        if let nearest = SimilarWord.nearest(to: word, among: known) { return "did you mean `\(nearest)`?" }
        return "write one of \(known.joined(separator: ", "))"
    }
}
