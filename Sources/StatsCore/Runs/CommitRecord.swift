/// One record of `.commit`: the changes of one commit. All records together say how much of the run's files is valid.
package struct CommitRecord: Codable, Sendable, Equatable {
    /// The newest durable frame of one agent.
    package struct Stream: Codable, Sendable, Equatable {
        package var node: String
        package var epoch: UInt64
        package var seq: UInt64
        /// Tells two agents with the same id and epoch apart; absent when the agent doesn't send it.
        package var epochID: String?

        enum CodingKeys: String, CodingKey {
            case node, epoch, seq
            case epochID = "epoch_id"
        }

        package init(node: String, epoch: UInt64, seq: UInt64, epochID: String? = nil) {
            self.node = node
            self.epoch = epoch
            self.seq = seq
            self.epochID = epochID
        }
    }

    /// Length in bytes by file name.
    package var files: [String: UInt64] = [:]
    package var rows: [String: UInt64] = [:]
    /// CRC-32C of each file's bytes up to its length.
    package var sums: [String: UInt32] = [:]
    /// By agent id.
    package var streams: [String: Stream] = [:]
    /// By node.
    package var ticks: [String: RunLedger.Account] = [:]
    /// Of nodes that have joined, or come back as another agent: what run.json will say of them.
    package var nodes: [String: RunManifest.Node] = [:]

    /// Applies a later record.
    package mutating func merge(_ later: CommitRecord) {
        files.merge(later.files) { $1 }
        rows.merge(later.rows) { $1 }
        sums.merge(later.sums) { $1 }
        streams.merge(later.streams) { $1 }
        ticks.merge(later.ticks) { $1 }
        nodes.merge(later.nodes) { $1 }
    }

    /// The record's line: 8 hexadecimal digits of CRC-32C over the JSON, a blank, the JSON, LF.
    package func line() throws -> [UInt8] {
        let json = try JSONCoding.encode(self)
        let sum = Hexadecimal.text(CRC32C.checksum(json.span.bytes), width: 8)
        return Array(sum.utf8) + [UInt8(ascii: " ")] + json + [UInt8(ascii: "\n")]
    }

    /// Reads a line without its LF; `nil` when the checksum doesn't match.
    package init?(line: ArraySlice<UInt8>) {
        guard line.count > 9, line[line.startIndex + 8] == UInt8(ascii: " "),
            let sum = UInt32(String(decoding: line.prefix(8), as: UTF8.self), radix: 16)
        else { return nil }
        let json = Array(line.dropFirst(9))
        guard CRC32C.checksum(json.span.bytes) == sum, let record: CommitRecord = try? JSONCoding.decode(from: json) else { return nil }
        self = record
    }

    package init() {}

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
        var folded: CommitRecord?
        var start = 0
        while let end = log[start...].firstIndex(of: lineEnd), let record = CommitRecord(line: log[start..<end]) {
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
            return tail.count > 1 && CommitRecord(line: tail.dropLast()) != nil
        }
        let isLast = end == tail.endIndex - 1
        return !isLast || tail.count { $0 == 0 } < 2
    }

    private static let lineEnd = UInt8(ascii: "\n")
}

extension CommitRecord {
    /// Members that an older version did not write are empty.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        files = try members.decodeIfPresent([String: UInt64].self, forKey: .files) ?? [:]
        rows = try members.decodeIfPresent([String: UInt64].self, forKey: .rows) ?? [:]
        sums = try members.decodeIfPresent([String: UInt32].self, forKey: .sums) ?? [:]
        streams = try members.decodeIfPresent([String: Stream].self, forKey: .streams) ?? [:]
        ticks = try members.decodeIfPresent([String: RunLedger.Account].self, forKey: .ticks) ?? [:]
        nodes = try members.decodeIfPresent([String: RunManifest.Node].self, forKey: .nodes) ?? [:]
    }
}
