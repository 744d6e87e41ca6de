/// What a host was when it was measured: processor, kernel, engine, and what is set there. A value for each fact that is known; what isn't, is absent.
///
/// It travels in the message `environment` and stands in run.json. What comes from outside is cut to what can be kept: facts that an agent of a newer version has stay.
package struct HostEnvironment: Codable, Sendable, Equatable {
    /// By the name of the fact. `null` only in what differs from another environment: a fact that this one lacks.
    package internal(set) var values: JSONObject = [:]

    package static let mostFacts = 64
    /// Of one text, in bytes of UTF-8. The kernel's command line has at most 4096 (COMMAND_LINE_SIZE).
    package static let longestText = 4096
    /// Of all names and texts together.
    package static let mostBytes = 16 * 1024

    package init() {}

    /// Keeps of these what is a fact.
    package init(_ values: JSONObject) {
        var room = Self.mostBytes
        for (name, value) in values.sorted(by: { $0.key < $1.key }) where self.values.count < Self.mostFacts && Self.isName(name, upTo: 48)
        {
            guard let kept = Self.kept(value), case let size = Self.size(name, kept), size <= room else { continue }
            room -= size
            self.values[name] = kept
        }
    }

    package init(from decoder: any Decoder) throws { self.init(try JSONObject(from: decoder)) }

    package func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }

    package var isEmpty: Bool { values.isEmpty }

    /// About how many bytes of JSON it takes.
    package var size: Int { values.reduce(0) { $0 + Self.size($1.key, $1.value) + 8 } }

    package subscript(fact: EnvironmentFact) -> JSONValue? {
        get { values[fact.rawValue].flatMap { $0 == .null ? nil : $0 } }
        set { values[fact.rawValue] = newValue.flatMap(Self.kept) }
    }

    package func text(_ fact: EnvironmentFact) -> String? { self[fact].flatMap(fact.text) }

    /// All facts with their titles and values as a person reads them, those that this version doesn't know at the end.
    package var listed: [(title: String, value: String)] {
        let known = EnvironmentFact.allCases.compactMap { fact in text(fact).map { (fact.title, $0) } }
        let names = Set(EnvironmentFact.allCases.map(\.rawValue))
        let others = values.filter { !names.contains($0.key) }.sorted { $0.key < $1.key }
        return known + others.compactMap { name, value in value.text.map { (name, $0) } }
    }

    // MARK: What is kept

    private static func kept(_ value: JSONValue) -> JSONValue? {
        switch value {
        case .null, .bool, .integer: value
        // JSON tells 1 and 1.0 apart by no rule that all readers share.
        case .decimal(let number): number.magnitude < 1e15 ? Int64(exactly: number).map { .integer($0) } ?? value : nil
        case .large, .array: nil
        case .string(let text): .string(PlainText.cut(text, to: longestText))
        case .object(let members):
            .object(
                Dictionary(
                    members.sorted { $0.key < $1.key }.prefix(mostFacts).compactMap { name, member in
                        member.string.flatMap { isName(name, upTo: 48) ? (name, .string(PlainText.cut($0, to: 512))) : nil }
                    }, uniquingKeysWith: { first, _ in first }))
        }
    }

    private static func size(_ name: String, _ value: JSONValue) -> Int {
        switch value {
        case .string(let text): name.utf8.count + text.utf8.count
        case .object(let members): members.reduce(name.utf8.count) { $0 + size($1.key, $1.value) }
        default: name.utf8.count + 8
        }
    }

    private static func isName(_ name: String, upTo limit: Int) -> Bool {
        (1...limit).contains(name.utf8.count) && name.utf8.allSatisfy { (0x21..<0x7f).contains($0) }
    }

}
