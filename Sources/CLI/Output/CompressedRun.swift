import StatsCore

/// What was done to the files of a run.
struct CompressedRun: Presentable, Codable {
    enum Direction: String, Codable {
        case compressed
        case decompressed
    }

    struct File: Codable {
        let name: String
        /// On the disk.
        let bytes: UInt64
        /// What it holds.
        let holds: UInt64
    }

    let directory: String
    let direction: Direction
    var files: [File] = []
    /// Files that run.json names and that are not there.
    var absent: [String] = []

    var text: String {
        var table = TextTable("FILE", ">ON DISK", ">HOLDS")
        for file in files { table.append(file.name, HumanUnits.bytes(file.bytes), HumanUnits.bytes(file.holds)) }
        table.append("all", HumanUnits.bytes(sum(\.bytes)), HumanUnits.bytes(sum(\.holds)))
        var lines = ["\(VisibleText.escape(directory)) is \(direction.rawValue)", table.text()]
        if !absent.isEmpty {
            lines.append("Not there: \(VisibleText.escape(absent.joined(separator: ", "))). `sonde verify` says what is missing.")
        }
        return lines.joined(separator: "\n")
    }

    private func sum(_ bytes: (File) -> UInt64) -> UInt64 { files.reduce(0) { $0.saturatingAdding(bytes($1)) } }
}
