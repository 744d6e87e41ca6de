import Foundation
import StatsCore
import TestSupport
import Testing

/// A run's directory, as a user gets it.
struct RecordedRun {
    static let tables = ["host", "cpu", "disk", "filesystem", "network", "container", "unit", "process", "metric", "agent", "event"]

    let directory: String
    let manifest: RunManifest

    init(_ directory: String) throws {
        self.directory = directory
        manifest = try JSONDecoder().decode(RunManifest.self, from: Data(contentsOf: URL(fileURLWithPath: directory + "/run.json")))
    }

    func table(_ name: String) throws -> CSVTable { try CSVTable(path: "\(directory)/\(name).csv") }

    /// The ticks of a node in a table with a row a tick, in the order of the file. Only the agent's own row never comes too late for its tick.
    func ticks(of node: String, in table: String = "agent") throws -> [Int] {
        try self.table(table).rows.filter { $0.node == node }.map(\.tick)
    }

    /// When the counters of a row were read, in µs since 1970.
    func readAt(_ row: CSVTable.Row) throws -> Int64 {
        try manifest.t0Us + Int64(row.tick) * manifest.intervalUs - #require(row.integer("sample_age_us"))
    }

    /// Checks what holds for every closed run: the files are exactly those of the manifest; every cell is of its
    /// column's type; and time and tick agree everywhere.
    func checkFiles(_ scene: Scene) async throws {
        let kinds = try cellTypes()
        for (name, file) in manifest.files {
            let path = "\(directory)/\(name)"
            let table = try CSVTable(path: path)
            #expect(UInt64(table.rows.count) == file.rows, "rows of \(name)")
            #expect(try UInt64(Data(contentsOf: URL(fileURLWithPath: path)).count) == file.bytes, "bytes of \(name)")
            let sum = try await scene.command("sha256sum", [path]).succeeded().prefix(64)
            #expect(sum == file.sha256, "sha256 of \(name)")
        }
        #expect(Set(manifest.files.keys) == Set((Self.tables + ["gaps", "columns"]).map { $0 + ".csv" }))
        for name in Self.tables {
            let table = try table(name)
            #expect(Array(table.header.prefix(3)) == ["time", "tick", "node"], "\(name) begins with time, tick and node")
            for (index, column) in table.header.enumerated() where kinds["\(name).\(column)"] == true {
                let wrong = table.rows.first { !$0.fields[index].isEmpty && Double($0.fields[index]) == nil }
                #expect(wrong == nil, "\(name).\(column) is a number, and holds \(wrong?.fields[index] ?? "")")
            }
            if name != "event" {
                let wrong = table.rows.first { $0["time"] != Timestamp.string(manifest.t0Us + Int64($0.tick) * manifest.intervalUs) }
                #expect(wrong == nil, "a row of \(name) has the time of another tick: \(wrong?.fields.prefix(3) ?? [])")
            }
        }
    }

    /// By `table.column`: whether columns.csv gives it a numeric type. Every column of every table has to be there.
    private func cellTypes() throws -> [String: Bool] {
        var types: [String: Bool] = [:]
        for row in try table("columns").rows {
            types["\(row["table"] ?? "").\(row["column"] ?? "")"] = row["unit"] != nil && row["column"] != "time"
        }
        for name in Self.tables + ["gaps"] {
            for column in try table(name).header { #expect(types["\(name).\(column)"] != nil, "columns.csv lacks \(name).\(column)") }
        }
        return types
    }
}
