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

    package init() {}
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
