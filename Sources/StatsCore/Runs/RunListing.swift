/// A run in `GET /runs?nodes=count`: its manifest with the number of its nodes in place of the nodes, of which there may be ten thousand.
package struct RunListing: Codable, Sendable, Equatable {
    package var id: String
    package var name: String
    package var state: RunState
    package var note: String?
    package var labels: [String: String]?
    package var intervalUs: Int64
    package var t0: String
    package var t0Us: Int64
    package var ended: String?
    package var nodeCount: Int
    package var files: [String: RunManifest.File]
    package var verdict: String?
    /// What the files in its directory take on the disk, in allocated bytes. This and what follows is the collector's to say, and in no run.json.
    package var diskBytes: UInt64?
    /// Whether nobody may remove it before it is unpinned; absent when that isn't so.
    package var isPinned: Bool?
    /// Whether its CSV files are compressed; absent when none is.
    package var isCompressed: Bool?

    package enum CodingKeys: String, CodingKey {
        case id, name, state, note, labels, t0, ended, files, verdict
        case intervalUs = "interval_us"
        case t0Us = "t0_us"
        case nodeCount = "node_count"
        case diskBytes = "disk_bytes"
        case isPinned = "pinned"
        case isCompressed = "compressed"
    }

    private enum ManifestKeys: String, CodingKey { case nodes }

    /// Reads a manifest too, as a collector of an earlier version answers, and counts its nodes without a look at them.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        id = try members.decode(String.self, forKey: .id)
        name = try members.decode(String.self, forKey: .name)
        state = try members.decode(RunState.self, forKey: .state)
        note = try members.decodeIfPresent(String.self, forKey: .note)
        labels = try members.decodeIfPresent([String: String].self, forKey: .labels)
        intervalUs = try members.decode(Int64.self, forKey: .intervalUs)
        t0 = try members.decode(String.self, forKey: .t0)
        t0Us = try members.decode(Int64.self, forKey: .t0Us)
        ended = try members.decodeIfPresent(String.self, forKey: .ended)
        files = try members.decode([String: RunManifest.File].self, forKey: .files)
        verdict = try members.decodeIfPresent(String.self, forKey: .verdict)
        diskBytes = try members.decodeIfPresent(UInt64.self, forKey: .diskBytes)
        isPinned = try members.decodeIfPresent(Bool.self, forKey: .isPinned)
        isCompressed = try members.decodeIfPresent(Bool.self, forKey: .isCompressed)
        if let count = try members.decodeIfPresent(Int.self, forKey: .nodeCount) {
            nodeCount = count
        } else {
            nodeCount = try decoder.container(keyedBy: ManifestKeys.self).nestedUnkeyedContainer(forKey: .nodes).count ?? 0
        }
    }
}
