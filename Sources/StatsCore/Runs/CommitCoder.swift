/// Writes and reads the lines of `.commit`, one for each commit.
///
/// A line is `2 `, 8 hexadecimal digits of CRC-32C over the JSON, a blank, the JSON, LF. The JSON has the members of `CommitRecord`, but tells of agents in short, as
/// thousands of them move in a commit: the first line that speaks of one gives it a place, and later ones say how far the place has moved.
///
///     "first_place":0,"places":[["9c…","web-1",3,"5f…"]]   agent, node, epoch, epoch_id or null: places 0, 1, …
///     "moves":[[0,17,16,16],[1,4]]                         place, seq; then next_tick and present of its node, of which no tick is missing
///
/// A line of version 1 lacks the `2 ` and has only the members of `CommitRecord`.
package struct CommitCoder: Sendable {
    private struct Place: Sendable, Equatable, Codable {
        let agent: String
        let node: String
        let epoch: UInt64
        let epochID: String?

        init(_ agent: String, _ stream: CommitRecord.Stream) {
            (self.agent, node, epoch, epochID) = (agent, stream.node, stream.epoch, stream.epochID)
        }

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            agent = try values.decode(String.self)
            node = try values.decode(String.self)
            epoch = try values.decode(UInt64.self)
            epochID = try values.decodeIfPresent(String.self)
        }
    }

    private var places: [Place] = []
    /// The place of each agent.
    private var numbers: [String: Int] = [:]

    package init() {}

    // MARK: Writing

    /// The line of a record. Its places are those of the lines before.
    package mutating func line(_ record: CommitRecord) throws -> [UInt8] {
        var json = ByteWriter(capacity: 512 + 64 * record.streams.count)
        let first = places.count
        var ticks = record.ticks
        var moves = ByteWriter(capacity: 64 + 32 * record.streams.count)
        for (agent, stream) in record.streams {
            let place = number(of: agent, stream)
            moves.append(moves.isEmpty ? "[" : ",[")
            moves.append(decimal: UInt64(place))
            moves.append(UInt8(ascii: ","))
            moves.append(decimal: stream.seq)
            if let account = ticks[stream.node], account.isWhole, account.missing.isEmpty {
                ticks[stream.node] = nil
                moves.append(UInt8(ascii: ","))
                moves.append(decimal: account.nextTick)
                moves.append(UInt8(ascii: ","))
                moves.append(decimal: account.present)
            }
            moves.append(UInt8(ascii: "]"))
        }
        json.append("{\"files\":")
        Self.append(record.files, to: &json)
        json.append(",\"rows\":")
        Self.append(record.rows, to: &json)
        json.append(",\"sums\":")
        Self.append(record.sums.mapValues { UInt64($0) }, to: &json)
        if !ticks.isEmpty {
            json.append(",\"ticks\":")
            json.append(try JSONCoding.encode(ticks))
        }
        if !record.nodes.isEmpty {
            json.append(",\"nodes\":")
            json.append(try JSONCoding.encode(record.nodes))
        }
        if places.count > first { append(places[first...], to: &json) }
        if !moves.isEmpty {
            json.append(",\"moves\":[")
            json.append(moves.bytes)
            json.append(UInt8(ascii: "]"))
        }
        json.append(UInt8(ascii: "}"))
        let sum = Hexadecimal.text(CRC32C.checksum(json.bytes), width: 8)
        var line = Array("2 \(sum) ".utf8)
        line.reserveCapacity(line.count + json.count + 1)
        json.withUnsafeBytes { line.append(contentsOf: $0) }
        line.append(lineEnd)
        return line
    }

    private mutating func number(of agent: String, _ stream: CommitRecord.Stream) -> Int {
        let place = Place(agent, stream)
        if let number = numbers[agent], places[number] == place { return number }
        numbers[agent] = places.count
        places.append(place)
        return places.count - 1
    }

    private func append(_ new: ArraySlice<Place>, to json: inout ByteWriter) {
        json.append(",\"first_place\":")
        json.append(decimal: UInt64(new.startIndex))
        json.append(",\"places\":[")
        for (index, place) in new.enumerated() {
            json.append(index == 0 ? "[" : ",[")
            json.append(jsonString: place.agent.utf8.span.bytes)
            json.append(UInt8(ascii: ","))
            json.append(jsonString: place.node.utf8.span.bytes)
            json.append(UInt8(ascii: ","))
            json.append(decimal: place.epoch)
            json.append(UInt8(ascii: ","))
            if let id = place.epochID { json.append(jsonString: id.utf8.span.bytes) } else { json.append("null") }
            json.append(UInt8(ascii: "]"))
        }
        json.append(UInt8(ascii: "]"))
    }

    private static func append(_ numbers: [String: UInt64], to json: inout ByteWriter) {
        json.append(UInt8(ascii: "{"))
        for (index, (name, number)) in numbers.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            json.append(jsonString: name.utf8.span.bytes)
            json.append(UInt8(ascii: ":"))
            json.append(decimal: number)
        }
        json.append(UInt8(ascii: "}"))
    }

    // MARK: Reading

    /// What a line of version 2 has besides the members of `CommitRecord`.
    private struct Short: Decodable {
        let firstPlace: Int?
        let places: [Place]?
        let moves: [[UInt64]]?

        enum CodingKeys: String, CodingKey {
            case places, moves
            case firstPlace = "first_place"
        }
    }

    /// Reads a line without its LF; `nil` when its checksum doesn't match, or it speaks of places that no line before has.
    private mutating func record(of line: ArraySlice<UInt8>) -> CommitRecord? {
        guard let (isShort, json) = Self.json(of: line), var record: CommitRecord = try? JSONCoding.decode(from: json) else { return nil }
        guard isShort else { return record }
        guard let short: Short = try? JSONCoding.decode(from: json) else { return nil }
        if let first = short.firstPlace {
            guard places.indices.contains(first) || first == places.count else { return nil }
            places.removeSubrange(first...)
            places += short.places ?? []
        }
        for move in short.moves ?? [] {
            guard move.count == 2 || move.count == 4, let number = Int(exactly: move[0]), places.indices.contains(number) else {
                return nil
            }
            let place = places[number]
            record.streams[place.agent] = CommitRecord.Stream(node: place.node, epoch: place.epoch, seq: move[1], epochID: place.epochID)
            if move.count == 4 { record.ticks[place.node] = RunLedger.Account(nextTick: move[2], present: move[3]) }
        }
        return record
    }

    /// The JSON of a line whose checksum matches, and whether it is of version 2.
    private static func json(of line: ArraySlice<UInt8>) -> (isShort: Bool, json: [UInt8])? {
        let isShort = line.starts(with: "2 ".utf8)
        let rest = line.dropFirst(isShort ? 2 : 0)
        guard rest.count > 9, rest[rest.startIndex + 8] == UInt8(ascii: " "),
            let sum = UInt32(String(decoding: rest.prefix(8), as: UTF8.self), radix: 16)
        else { return nil }
        let json = Array(rest.dropFirst(9))
        return CRC32C.checksum(json.span.bytes) == sum ? (isShort, json) : nil
    }

    /// The valid part of a log.
    package struct Folded: Sendable, Equatable {
        /// All valid records, merged.
        package let record: CommitRecord
        /// How many bytes the valid records take.
        package let length: Int
        /// Whether the bytes after them were once a complete record, which may have been acknowledged. False for a write that was cut short.
        package let isDamaged: Bool
    }

    /// Reads a whole log, up to the first record that is torn or damaged; `nil` when even the first one isn't valid.
    package static func fold(_ log: [UInt8]) -> Folded? {
        var coder = CommitCoder()
        var folded: CommitRecord?
        var start = 0
        while let end = log[start...].firstIndex(of: lineEnd), let record = coder.record(of: log[start..<end]) {
            folded?.merge(record)
            if folded == nil { folded = record }
            start = end + 1
        }
        return folded.map { Folded(record: $0, length: start, isDamaged: isDamaged(tail: log[start...])) }
    }

    /// Whether the bytes after the last valid record were once a complete record. A write that was cut short lacks its end. After a power failure
    /// between the blocks of a line, its middle may read as zeros.
    private static func isDamaged(tail: ArraySlice<UInt8>) -> Bool {
        guard let end = tail.firstIndex(of: lineEnd) else {
            // The LF itself may be the damaged byte.
            return tail.count > 1 && json(of: tail.dropLast()) != nil
        }
        let isLast = end == tail.endIndex - 1
        return !isLast || tail.count { $0 == 0 } < 2
    }
}

private let lineEnd = UInt8(ascii: "\n")
