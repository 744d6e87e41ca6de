import StatsCore

/// What an export has written.
struct ExportReport: Presentable {
    struct File: Encodable {
        let name: String
        let rows: UInt64
        let bytes: UInt64
        /// Of the run's file, in bytes.
        let read: UInt64
    }

    let run: String
    let state: RunState
    let directory: String
    let files: [File]
    let remarks: [String]

    var text: String {
        var table = TextTable("FILE", ">ROWS", ">BYTES")
        for file in files { table.append(file.name, "\(file.rows)", HumanUnits.bytes(file.bytes)) }
        let read = files.reduce(UInt64(0)) { $0.saturatingAdding($1.read) }
        let written = files.reduce(UInt64(0)) { $0.saturatingAdding($1.bytes) }
        return VisibleText.escape("\(run) → \(directory): \(HumanUnits.bytes(written)) of \(HumanUnits.bytes(read)) of rows") + "\n"
            + table.text()
    }
}
