/// A run in `GET /runs?nodes=count`: its manifest with the number of its nodes in place of the nodes, of which there may be ten thousand.
package struct RunListing: Codable, Sendable, Equatable {
    package var id: String
    package var name: String
    package var state: RunState
    package var note: String?
    package var intervalUs: Int64
    package var t0: String
    package var t0Us: Int64
    package var ended: String?
    package var nodeCount: Int
    package var files: [String: RunManifest.File]
    package var verdict: String?

    package enum CodingKeys: String, CodingKey {
        case id, name, state, note, t0, ended, files, verdict
        case intervalUs = "interval_us"
        case t0Us = "t0_us"
        case nodeCount = "node_count"
    }

    private enum ManifestKeys: String, CodingKey { case nodes }

    /// Reads a manifest too, as a collector of an earlier version answers, and counts its nodes without a look at them.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        id = try members.decode(String.self, forKey: .id)
        name = try members.decode(String.self, forKey: .name)
        state = try members.decode(RunState.self, forKey: .state)
        note = try members.decodeIfPresent(String.self, forKey: .note)
        intervalUs = try members.decode(Int64.self, forKey: .intervalUs)
        t0 = try members.decode(String.self, forKey: .t0)
        t0Us = try members.decode(Int64.self, forKey: .t0Us)
        ended = try members.decodeIfPresent(String.self, forKey: .ended)
        files = try members.decode([String: RunManifest.File].self, forKey: .files)
        verdict = try members.decodeIfPresent(String.self, forKey: .verdict)
        if let count = try members.decodeIfPresent(Int.self, forKey: .nodeCount) {
            nodeCount = count
        } else {
            nodeCount = try decoder.container(keyedBy: ManifestKeys.self).nestedUnkeyedContainer(forKey: .nodes).count ?? 0
        }
    }
}
