/// The series that a target has told of: one that was seen before is found by the bytes with which its line begins.
///
/// Lines come in the same order nearly always, so that the next one is compared with the one that followed the last time before it is looked up.
struct SeriesBook: Sendable {
    struct Series: Sendable {
        let name: EncodedText
        /// A JSON object, as text.
        let labels: EncodedText
        /// Whether Sonde has a row of that name without labels itself.
        let isOwn: Bool
        /// As the last answer has told it.
        fileprivate(set) var type = SampleType.unknown
        /// The answer that it was last in.
        fileprivate var seen: UInt64 = 0
    }

    /// A way in which name and labels of a series are written.
    private struct Spelling: Sendable {
        let key: Range<Int>
        let series: Int
        /// The family that it was in, which has told its type.
        var family: Int
        var isMember: Bool
        var type: SampleType
        /// Its place in the last answer.
        var place = -1
    }

    private(set) var series: [Series] = []
    private var spellings: [Spelling] = []
    private var keys: [UInt8] = []
    private var byKey: [Int: Int] = [:]
    private var byIdentity: [[UInt8]: Int] = [:]
    private var order: [Int] = []
    private var lastOrder: [Int] = []
    private var expected = 0
    private var answer: UInt64 = 0
    private let limit: Int
    private static let mostKeyBytes = 8 << 20

    init(limit: Int) { self.limit = limit }

    /// Whether one more may be learned in this answer.
    var hasRoom: Bool { spellings.count < 4 * limit }

    /// Begins an answer. What was in none for long is forgotten.
    mutating func begin() {
        swap(&order, &lastOrder)
        order.removeAll(keepingCapacity: true)
        if spellings.count > 2 * limit || keys.count > Self.mostKeyBytes { forget() }
        for (place, spelling) in lastOrder.enumerated() { spellings[spelling].place = place }
        expected = 0
        answer += 1
    }

    /// Looks a line up.
    /// - Returns: the number of its spelling, and where the rest of the line begins.
    mutating func find(_ line: RawSpan, _ format: SampleFormat) -> (spelling: Int, end: Int)? {
        if expected < lastOrder.count, let end = endOfKey(of: lastOrder[expected], in: line) { return (lastOrder[expected], end) }
        guard let end = SampleLabels.end(of: line, format), let number = number(of: line.extracting(0..<end)) else { return nil }
        return (number, end)
    }

    /// Whether a line begins with that key, and goes on behind it.
    private func endOfKey(of number: Int, in line: RawSpan) -> Int? {
        let key = spellings[number].key
        guard line.byteCount > key.count, keys.span.bytes.extracting(key).equals(line.extracting(0..<key.count)) else { return nil }
        let next = line.unsafeLoad(fromByteOffset: key.count, as: UInt8.self)
        let isWhole = keys[key.upperBound - 1] == UInt8(ascii: "}") || next == UInt8(ascii: " ") || next == UInt8(ascii: "\t")
        return isWhole ? key.count : nil
    }

    private func number(of key: RawSpan) -> Int? {
        var hash = Self.hash(key)
        while let number = byKey[hash] {
            if keys.span.bytes.extracting(spellings[number].key).equals(key) { return number }
            hash &+= 1
        }
        return nil
    }

    private static func hash(_ key: RawSpan) -> Int {
        var hasher = Hasher()
        key.withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize()
    }

    /// Whether the spelling was last in the family that a line is in now; then its type is known, and `family` goes on as it did then.
    func fits(_ number: Int, _ family: inout SampleFamily) -> Bool {
        guard spellings[number].family == family.identity else { return false }
        if !spellings[number].isMember { family.end() }
        return true
    }

    /// Learns of a series, or of its family.
    mutating func learn(_ key: RawSpan, _ format: SampleFormat, _ family: inout SampleFamily) throws(SampleFault) -> Int {
        let labels = try SampleLabels(key, format)
        let told = family.identity
        let isMember = family.contains(labels.name, format)
        if !isMember { family.end() }
        let type = isMember ? family.type : .unknown
        if let known = number(of: key) {
            (spellings[known].family, spellings[known].isMember, spellings[known].type) = (told, isMember, type)
            return known
        }
        let series = series(labels)
        let start = keys.count
        key.withUnsafeBytes { keys.append(contentsOf: $0) }
        spellings.append(Spelling(key: start..<keys.count, series: series, family: told, isMember: isMember, type: type))
        index(spellings.count - 1)
        return spellings.count - 1
    }

    private mutating func series(_ labels: SampleLabels) -> Int {
        let json = labels.json
        let identity = labels.name + [0] + json
        if let known = byIdentity[identity] { return known }
        let (name, text) = (EncodedText(utf8: labels.name.span.bytes), EncodedText(utf8: json.span.bytes))
        series.append(Series(name: name, labels: text, isOwn: text == OwnSeries.noLabels && OwnSeries.names.contains(name)))
        byIdentity[identity] = series.count - 1
        return series.count - 1
    }

    /// Whether a spelling is of a series that Sonde tells itself.
    func isOwn(_ number: Int) -> Bool { series[spellings[number].series].isOwn }

    /// Notes that a spelling is in the answer.
    /// - Returns: its series; `nil` for one that was in it before.
    mutating func note(_ number: Int) -> Int? {
        if expected < lastOrder.count, lastOrder[expected] == number {
            expected += 1
        } else if spellings[number].place >= 0 {
            expected = spellings[number].place + 1
        }
        let found = spellings[number].series
        if series[found].seen == answer { return nil }
        order.append(number)
        (series[found].seen, series[found].type) = (answer, spellings[number].type)
        return found
    }

    private mutating func index(_ number: Int) {
        var hash = Self.hash(keys.span.bytes.extracting(spellings[number].key))
        while byKey[hash] != nil { hash &+= 1 }
        byKey[hash] = number
    }

    /// Keeps only what was in the last answer.
    private mutating func forget() {
        let (before, oldSeries, oldKeys) = (spellings, series, keys)
        var numbers: [Int: Int] = [:]
        var seriesNumbers: [Int: Int] = [:]
        (spellings, series, keys, byKey, byIdentity) = ([], [], [], [:], [:])
        for number in lastOrder where numbers[number] == nil {
            let old = before[number]
            let one = seriesNumbers[old.series] ?? series.count
            if one == series.count { series.append(oldSeries[old.series]) }
            seriesNumbers[old.series] = one
            let start = keys.count
            keys += oldKeys[old.key]
            spellings.append(
                Spelling(key: start..<keys.count, series: one, family: old.family, isMember: old.isMember, type: old.type))
            index(spellings.count - 1)
            numbers[number] = spellings.count - 1
        }
        for (place, one) in series.enumerated() {
            var identity = Array(one.name.text.utf8) + [0]
            identity += Array(one.labels.text.utf8)
            byIdentity[identity] = place
        }
        lastOrder = lastOrder.compactMap { numbers[$0] }
    }
}
