import StatsCore

/// What one who follows wants to see of a fleet that is too large to be sent whole. Where everything is sent it changes nothing.
struct StreamQuery: Sendable, Hashable {
    /// The numbers by which objects are ordered: those of several fields are added up.
    struct Order: Sendable, Hashable {
        let fields: [String]
        var isDescending = true

        static let cpu = Order(fields: ["cpu_percent"])
        /// How many fields are added up at most.
        private static let limit = 4

        init(fields: [String], isDescending: Bool = true) { (self.fields, self.isDescending) = (fields, isDescending) }

        /// - Parameter text: names of fields of a container with commas between them, behind `-` where the most come first.
        /// - Returns: `nil` when a container has no such field.
        init?(_ text: String) {
            isDescending = text.hasPrefix("-")
            fields = text.dropFirst(isDescending ? 1 : 0).split(separator: ",").map(String.init)
            guard (1...Self.limit).contains(fields.count), fields.allSatisfy({ LiveKind.container.place($0) != nil }) else { return nil }
        }
    }

    /// Words of which each stands in one of an object's names, in small letters.
    private(set) var words: [String] = []
    /// The node whose containers are wanted.
    var node: String?
    var order = Order.cpu

    /// How many words are looked for at most: each is, in every name of every object.
    static let wordLimit = 8

    /// The text that is looked for.
    var find: String {
        get { words.joined(separator: " ") }
        set {
            words = []
            for word in newValue.lowercased().split(whereSeparator: \.isWhitespace).map(String.init) where !words.contains(word) {
                words.append(word)
            }
        }
    }

    /// Whether only some objects fit.
    var isNarrow: Bool { !words.isEmpty || node != nil }
}

/// Finds and ranks the objects of one kind by a query.
struct StreamSearch: Sendable {
    private let words: [[UInt8]]
    private let node: String?
    /// The places of the values in which words are looked for, and of the node's name.
    private let names: [Int]
    private let nodeName: Int?
    private let order: [Int]
    private let isDescending: Bool
    /// Whether something is hot that is more than much use.
    let isInTrouble: @Sendable (LiveLevels) -> Bool

    static func containers(_ query: StreamQuery) -> Self {
        Self(
            query, LiveKind.container.place, LiveKind.container.isInTrouble,
            names: ["name", "id", "image", "node", "state", "health", "project", "service", "pod", "namespace"])
    }

    /// Nodes have other fields: those that have none of the order's are ordered by their CPU. Of a node whose containers are wanted, words are about those.
    static func nodes(_ query: StreamQuery) -> Self {
        var query = query
        if query.node != nil { query.find = "" }
        return Self(query, LiveKind.node.place, LiveKind.node.isInTrouble, names: ["node"])
    }

    private init(
        _ query: StreamQuery, _ place: (String) -> Int?, _ isInTrouble: @escaping @Sendable (LiveLevels) -> Bool, names: [String]
    ) {
        self.isInTrouble = isInTrouble
        words = query.words.map { Array($0.utf8) }
        node = query.node
        self.names = names.compactMap(place)
        nodeName = place("node")
        let order = query.order.fields.compactMap(place)
        self.order = order.isEmpty ? [place("cpu_percent")].compactMap(\.self) : order
        isDescending = order.isEmpty || query.order.isDescending
    }

    func finds(_ object: LiveObject) -> Bool {
        if let node, nodeName.flatMap({ object.values[$0].text }) != node { return false }
        return words.allSatisfy { word in names.contains { Self.holds(object.values[$0], word) } }
    }

    /// A rank that is lower for what comes earlier; what isn't known comes last.
    func rank(_ object: LiveObject) -> Rank {
        if let place = order.first, order.count == 1, let text = object.values[place].text {
            return Rank(isUnknown: false, number: 0, text: text, isReversed: isDescending)
        }
        let known = order.compactMap { object.values[$0].number }
        let sum = known.reduce(0, +)
        return Rank(isUnknown: known.isEmpty, number: isDescending ? -sum : sum, text: "", isReversed: false)
    }

    struct Rank: Comparable {
        fileprivate let isUnknown: Bool
        fileprivate let number: Double
        fileprivate let text: String
        fileprivate let isReversed: Bool

        static func < (one: Rank, other: Rank) -> Bool {
            if one.isUnknown != other.isUnknown { return other.isUnknown }
            if one.number != other.number { return one.number < other.number }
            return one.isReversed ? one.text > other.text : one.text < other.text
        }
    }

    /// Whether a text holds a word that is written in small letters.
    private static func holds(_ value: LiveValue, _ word: [UInt8]) -> Bool {
        guard case .text(var text) = value else { return false }
        var isASCII = true
        let found = text.withUTF8 { bytes in
            for byte in bytes where byte >= 0x80 { isASCII = false }
            return isASCII && holds(bytes, word)
        }
        if isASCII { return found }
        var small = text.lowercased()
        return small.withUTF8 { holds($0, word) }
    }

    private static func holds(_ text: UnsafeBufferPointer<UInt8>, _ word: [UInt8]) -> Bool {
        guard word.count <= text.count else { return false }
        for start in 0...text.count - word.count {
            var length = 0
            while length < word.count, small(text[start + length]) == word[length] { length += 1 }
            if length == word.count { return true }
        }
        return false
    }

    private static func small(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }
}
