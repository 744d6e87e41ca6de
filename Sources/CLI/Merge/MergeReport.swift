import StatsCore

/// What `sonde merge` has made.
struct MergeReport: Presentable {
    let directory: String
    let manifest: RunManifest
    /// Rows of damaged runs that couldn't be read.
    let leftOut: UInt64

    enum CodingKeys: String, CodingKey {
        case directory, manifest
        case leftOut = "rows_left_out"
    }

    var text: String {
        var table = TextTable("PART", "FROM", ">TICKS", ">AS TICK", "NODES", "VERDICT")
        for part in (manifest.parts ?? []).prefix(50) {
            table.append(
                part.group?.own.map { "\(part.name) of \($0.collector)" } ?? part.name, part.t0, "\(part.lastTick - part.firstTick + 1)",
                "\(part.firstTick)", RunClaims.naming(part.nodes),
                part.damage ?? part.verdict ?? part.state.rawValue)
        }
        let rest = (manifest.parts?.count ?? 0) - 50
        return [
            "Merged into \(VisibleText.escape(directory))", manifest.text, "",
            table.text() + (rest > 0 ? "\nand \(rest) more" : ""),
        ].joined(separator: "\n")
    }
}
