/// How much of a run's files is true, as it stands in `.commit`: what changed with one commit.
package struct CommitRecord: Codable, Sendable, Equatable {
    /// Where one agent's sequence of frames stands.
    package struct Stream: Codable, Sendable, Equatable {
        package var node: String
        package var epoch: UInt64
        package var seq: UInt64
        /// Which of two agents with the same id and epoch it is; absent when the agent doesn't say.
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
    /// CRC-32C over all of a file up to its length.
    package var sums: [String: UInt32] = [:]
    /// By agent id.
    package var streams: [String: Stream] = [:]
    /// By node.
    package var ticks: [String: RunLedger.Account] = [:]

    /// Takes over what a later record changed.
    package mutating func merge(_ later: CommitRecord) {
        files.merge(later.files) { $1 }
        rows.merge(later.rows) { $1 }
        sums.merge(later.sums) { $1 }
        streams.merge(later.streams) { $1 }
        ticks.merge(later.ticks) { $1 }
    }

    /// The record's line: 8 hexadecimal digits of CRC-32C over the JSON, a blank, the JSON, LF.
    package func line() throws -> [UInt8] {
        let json = try JSONCoding.encode(self)
        let sum = Hexadecimal.text(CRC32C.checksum(json.span.bytes), width: 8)
        return Array(sum.utf8) + [UInt8(ascii: " ")] + json + [UInt8(ascii: "\n")]
    }

    /// Reads a line without its LF; none when the checksum doesn't fit.
    package init?(line: ArraySlice<UInt8>) {
        guard line.count > 9, line[line.startIndex + 8] == UInt8(ascii: " "),
            let sum = UInt32(String(decoding: line.prefix(8), as: UTF8.self), radix: 16)
        else { return nil }
        let json = Array(line.dropFirst(9))
        guard CRC32C.checksum(json.span.bytes) == sum, let record: CommitRecord = try? JSONCoding.decode(from: json) else { return nil }
        self = record
    }

    package init() {}

    /// A log as far as it is good.
    package struct Folded: Sendable, Equatable {
        /// All good records, merged.
        package let record: CommitRecord
        /// How many bytes those are.
        package let length: Int
        /// What stands behind them is no write that was cut short: it was whole once, and may have been acknowledged.
        package let isDamaged: Bool
    }

    /// Reads a whole log: all records up to the first that is torn or damaged. None when not even the first is good.
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

    /// Whether the bytes behind the last good record were whole once. A write that was cut short lacks its end; or the middle, where it
    /// reads as zeros, when the power failed between the blocks of a line.
    private static func isDamaged(tail: ArraySlice<UInt8>) -> Bool {
        guard let end = tail.firstIndex(of: lineEnd) else {
            // The end itself may be what was damaged.
            return tail.count > 1 && CommitRecord(line: tail.dropLast()) != nil
        }
        let isLast = end == tail.endIndex - 1
        return !isLast || tail.count { $0 == 0 } < 2
    }

    private static let lineEnd = UInt8(ascii: "\n")
}

extension CommitRecord {
    /// A member that an older version did not write is empty.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        files = try members.decodeIfPresent([String: UInt64].self, forKey: .files) ?? [:]
        rows = try members.decodeIfPresent([String: UInt64].self, forKey: .rows) ?? [:]
        sums = try members.decodeIfPresent([String: UInt32].self, forKey: .sums) ?? [:]
        streams = try members.decodeIfPresent([String: Stream].self, forKey: .streams) ?? [:]
        ticks = try members.decodeIfPresent([String: RunLedger.Account].self, forKey: .ticks) ?? [:]
    }
}
