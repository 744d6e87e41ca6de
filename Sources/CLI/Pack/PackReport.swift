import StatsCore

/// What `sonde pack` has made.
struct PackReport: Presentable {
    struct Run: Encodable {
        let name: String
        let verdict: String
    }

    struct File: Encodable {
        let name: String
        let bytes: UInt64
        let sha256: String
    }

    let archive: String
    let bytes: UInt64
    let runs: [Run]
    let files: [File]
    /// Of what others may read in it; absent where there is nothing.
    let warning: String?

    var text: String {
        var table = TextTable("FILE", ">BYTES")
        for file in files { table.append(file.name, HumanUnits.bytes(file.bytes)) }
        let heads = runs.map { VisibleText.escape("\($0.name)  \($0.verdict)") }
        return
            (["Packed into \(VisibleText.escape(archive)) (\(HumanUnits.bytes(bytes)))"] + heads + [table.text()]
            + (warning.map { ["Warning: \($0)"] } ?? [])).joined(separator: "\n")
    }
}
