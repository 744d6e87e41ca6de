import FoundationEssentials
import StatsCore
import SystemPackage
import Testing

@testable import CLI

@Suite("Exports of a run") struct RunExportTests {
    private static func text(_ path: FilePath) throws -> String { String(decoding: try VerifyRunBuilder.bytes(at: path), as: UTF8.self) }

    /// Exports a run and gives the directory that was written.
    @discardableResult
    private static func export(
        _ run: VerifyRunBuilder, _ format: RunExport.Format = .csv, layout: RunExport.Layout = .tables, hasRates: Bool = false,
        body: (FilePath, ExportReport) throws -> Void = { _, _ in }, breaking: (FilePath) throws -> Void = { _ in }
    ) async throws -> ExportReport {
        try await TemporaryDirectory.with { directory in
            let (source, output) = (directory.appending("run"), directory.appending("out"))
            try Directories.make(source)
            try run.write(to: source)
            try breaking(source)
            do {
                let report = try RunExport(
                    directory: source.string, output: output.string, layout: layout, format: format, hasRates: hasRates
                ).run()
                try body(output, report)
                return report
            } catch {
                // Nothing half written is left, not even under a hidden name.
                #expect(try FileManager.default.contentsOfDirectory(atPath: output.string) == [])
                throw error
            }
        }
    }

    @Test("Each table becomes a file, with the run's name in its first column and every cell as it was")
    func tables() async throws {
        let run = try VerifyRunBuilder(missing: true)
        try await Self.export(run) { output, report in
            let disk = try Self.text(output.appending("disk.csv"))
            let lines = (run.files["disk.csv"] ?? "").split(separator: "\n")
            #expect(disk == "run,\(lines[0])\n" + lines.dropFirst().map { "test000,\($0)\n" }.joined())
            #expect(report.files.map(\.name) == ["host.csv", "disk.csv", "event.csv", "gaps.csv", "columns.csv"])
            #expect(try Self.text(output.appending("gaps.csv")).hasSuffix("test000,\(VerifyRunBuilder.time(2)),b,2,3,2,away\n"))
            #expect(report.remarks.contains { $0.hasPrefix("The run is incomplete, and table gaps names the ticks that are missing.") })
            #expect(report.remarks.contains { $0.hasPrefix("columns.csv says no types") })
        }
    }

    @Test("What a run is labelled with stands in each row, in columns that columns.csv describes")
    func labels() async throws {
        var run = try VerifyRunBuilder()
        run.manifest.labels = ["variant": "a, \"b\"", "cpus": "4"]
        try await Self.export(run) { output, _ in
            let host = try Self.text(output.appending("host.csv")).split(separator: "\n")
            #expect(host.first == "run,label_cpus,label_variant,time,tick,node,load1")
            #expect(host.count == 13 && host.dropFirst().allSatisfy { $0.hasPrefix(#"test000,4,"a, ""b""",2023-"#) })
            let columns = try Self.text(output.appending("columns.csv"))
            #expect(columns.contains("host,label_variant,,identity,run.json,The run's label variant,string\n"))
        }
    }

    @Test("columns.csv of an export describes all of its columns, with their types")
    func dictionary() async throws {
        var run = try ChartRun()
        run.add(0, id: "c1", name: "web", cpu: 1)
        try await Self.export(run.run, hasRates: true) { output, _ in
            let columns = try Self.text(output.appending("columns.csv"))
            #expect(columns.hasPrefix("table,column,unit,kind,source,meaning,type\n"))
            #expect(columns.contains("container,run,,identity,run.json,Name of the run,string\n"))
            #expect(columns.contains("container,cpu_us,microseconds,counter,Sonde,What it is,uint64\n"))
            #expect(columns.contains("container,cpu_us_per_s,microseconds per second,gauge,cpu_us,"))
            #expect(columns.contains("host,load1,,gauge,Sonde,\"What it is, in a word\",double\n"))
            #expect(columns.contains("host,time,,gauge,Sonde,\"What it is, in a word\",timestamp\n"))
        }
    }

    @Test(
        "Rates are those that charts draw: of neighbouring ticks of one start, by the age of the readings, and again where a reading is told again"
    )
    func rates() async throws {
        var run = try ChartRun()
        run.add(0, id: "c1", name: "web", age: 0, cpu: 1000, started: 7)
        run.add(0, id: "c2", name: "db", cpu: 50)
        run.add(1, id: "c1", name: "web", age: 500_000, cpu: 2000, started: 7)
        run.add(1, id: "c2", name: "db", cpu: 40)
        // The same reading, a second older.
        run.add(2, id: "c1", name: "web", age: 1_500_000, cpu: 2000, started: 7)
        run.add(2, id: "c2", name: "db", cpu: 140)
        run.add(3, id: "c1", name: "web", cpu: 6000, started: 7)
        // Started anew.
        run.add(4, id: "c1", name: "web", cpu: 9000, started: 8)
        run.add(5, id: "c1", name: "web", cpu: 9001, started: 8)
        run.add(5, id: "c2", name: "db", cpu: 9000)
        try await Self.export(run.run, hasRates: true) { output, _ in
            let rows = try Self.text(output.appending("container.csv")).split(separator: "\n").map { CSVDialect.texts(of: String($0)) }
            let (id, rate) = (try #require(rows[0].firstIndex(of: "container_id")), try #require(rows[0].firstIndex(of: "cpu_us_per_s")))
            #expect(rows[0][rate - 1] == "cpu_us")
            #expect(rows.dropFirst().filter { $0[id] == "c1" }.map { $0[rate] } == ["", "2000", "2000", "1600", "", "1"])
            #expect(rows.dropFirst().filter { $0[id] == "c2" }.map { $0[rate] } == ["", "", "100", ""])
        }
    }

    @Test("A Parquet file begins and ends as one, for each table, and says in its footer which run it is of")
    func parquet() async throws {
        try await Self.export(VerifyRunBuilder(), .parquet) { output, report in
            for file in report.files where file.name.hasSuffix(".parquet") {
                let bytes = try VerifyRunBuilder.bytes(at: output.appending(file.name))
                #expect(bytes.starts(with: "PAR1".utf8) && bytes.suffix(4).elementsEqual("PAR1".utf8))
                #expect(UInt64(bytes.count) == file.bytes)
                #expect(String(decoding: bytes, as: UTF8.self).contains("sonde.run_id"))
            }
            #expect(report.files.count == 5)
        }
    }

    @Test(
        "A damaged run is refused, with the place and what says more, and leaves nothing behind",
        arguments: [
            ("0.3", "0.4", "host.csv: its SHA-256 is not what run.json says"),
            (",5,b,0.5", ",5,b", "host.csv, line 13: the row has 3 fields, and the header 4"),
            (",3,a,0.3", ",3,a,x.3", "host.csv, line 8: the cell of column load1 is no double"),
            (",3,a,0.3", ",3,\"a,0.3", "host.csv, line 8: a quotation is never closed"),
            ("load1", "load5", "host.csv doesn't begin with the columns"),
        ])
    func damaged(old: String, new: String, says: String) async throws {
        let run = try VerifyRunBuilder()
        for format in RunExport.Format.allCases where !(format == .csv && new.contains("x.3")) {
            let failure = await #expect(throws: CommandFailure.self) {
                try await Self.export(
                    run, format,
                    breaking: { directory in
                        let path = directory.appending("host.csv")
                        try VerifyRunBuilder.put(Array(try Self.text(path).replacing(old, with: new, maxReplacements: 1).utf8), at: path)
                    })
            }
            #expect(failure?.code == "damaged")
            #expect(failure?.message.contains(says) == true, "\(failure?.message ?? "")")
            #expect(failure?.message.contains("sonde verify") == true)
        }
    }

    @Test("A run in progress is exported as far as it is durable, and says so")
    func open() async throws {
        var run = try VerifyRunBuilder()
        run.open()
        try await Self.export(
            run,
            body: { output, report in
                let host = try Self.text(output.appending("host.csv"))
                #expect(host.split(separator: "\n").count == 13)
                #expect(report.remarks.contains { $0.hasPrefix("The run is recording, not closed") })
            },
            breaking: { directory in
                let path = directory.appending("host.csv")
                // Not committed yet.
                try VerifyRunBuilder.put(try VerifyRunBuilder.bytes(at: path) + Array("2023,half a row".utf8), at: path)
            })
    }

    @Test("A directory in which something is stays as it is; what a killed export left is replaced")
    func existing() async throws {
        try await TemporaryDirectory.with { directory in
            let (source, output) = (directory.appending("run"), directory.appending("out"))
            try Directories.make(source)
            try VerifyRunBuilder().write(to: source)
            try Directories.make(output)
            try VerifyRunBuilder.put(Array("half".utf8), at: output.appending(".host.csv.part"))
            let export = RunExport(directory: source.string, output: output.string, format: .csv, hasRates: false)
            _ = try export.run()
            let before = try Self.text(output.appending("host.csv"))
            let failure = #expect(throws: CommandFailure.self) { try export.run() }
            #expect(failure?.code == "exists")
            #expect(try Self.text(output.appending("host.csv")) == before)
        }
    }

    @Test("kubemon's files say what has changed since the tick before, in its columns and units")
    func kubemon() async throws {
        var run = try ChartRun()
        for tick: UInt64 in 0..<3 { run.add(tick, id: "c1abcdef0123456789", name: "web", cpu: 100 * tick, received: 1000 * tick * tick) }
        run.add(5, id: "c1abcdef0123456789", name: "web", received: 9)
        try await Self.export(run.run, layout: .kubemon) { output, _ in
            let file = output.appending("DockerMonitor").appending("DockerMonitor_a_0_0_0_0_web_c1abcdef0123.csv")
            let lines = try Self.text(file).split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
            let received = try #require(lines[0].firstIndex(of: "net_rx_bytes"))
            #expect(lines[0].last == "timestamp" && lines.count == 3)
            #expect(lines.dropFirst().map { $0[received] } == ["1000", "3000"])
            #expect(lines[1].last == "2023-11-14 22:13:21.000000")
            let host = try Self.text(output.appending("OSMonitor").appending("OSMonitor_a_0_0_0_0.csv"))
            #expect(host.split(separator: "\n").count == 6)
        }
    }
}

extension CSVDialect {
    static func texts(of line: String) -> [String] { fields(of: line.utf8.span.bytes) }
}
