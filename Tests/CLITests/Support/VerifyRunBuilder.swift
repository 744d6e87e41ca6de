import ArgumentParser
import FoundationEssentials
import StatsCore
import SystemPackage

@testable import CLI

/// A small run that a test writes to disk after breaking something in it: two nodes, six ticks of a second, three tables.
struct VerifyRunBuilder {
    static let ticks: UInt64 = 6
    private static let t0: Int64 = 1_700_000_000_000_000

    /// CSV text by file name.
    var files: [String: String]
    var manifest: RunManifest
    /// Written as `.commit` when it is there.
    var commit: CommitRecord?

    static func time(_ tick: UInt64) -> String { Timestamp.string(t0 + Int64(tick) * 1_000_000) }

    /// A complete run; or one of which node `b` misses ticks 2 and 3.
    init(missing: Bool = false) throws {
        let tables = [
            "host": ["time", "tick", "node", "load1"], "disk": ["time", "tick", "node", "device", "reads"],
            "event": ["time", "tick", "node", "kind", "message"],
            "gaps": ["time", "node", "from_tick", "to_tick", "ticks", "reason"],
        ]
        files = [:]
        var columns = "table,column,unit,kind,source,meaning\n"
        for (table, names) in tables.sorted(by: { $0.key < $1.key }) {
            files[table + ".csv"] = names.joined(separator: ",") + "\n"
            for name in names { columns += "\(table),\(name),,gauge,Sonde,\"What it is, in a word\"\n" }
        }
        files["columns.csv"] = columns
        files["event.csv"]! += "\(Self.time(0)),0,,run armed,\"a \"\"test\"\",\nof two lines\"\n"
        for tick in 0..<Self.ticks {
            for node in ["a", "b"] where !(missing && node == "b" && (2...3).contains(tick)) {
                files["host.csv"]! += "\(Self.time(tick)),\(tick),\(node),0.\(tick)\n"
                for device in ["vda", "vdb"] { files["disk.csv"]! += "\(Self.time(tick)),\(tick),\(node),\(device),\(tick * 7)\n" }
            }
        }
        if missing { files["gaps.csv"]! += "\(Self.time(2)),b,2,3,2,away\n" }
        let json = """
            {"format":1,"id":"r1","name":"test000","state":"\(missing ? "incomplete" : "complete")","interval_us":1000000,
             "t0":"\(Self.time(0))","t0_us":\(Self.t0),"ticks":\(Self.ticks),"last_tick":\(Self.ticks - 1),"ended":"\(Self.time(9))",
             "collector_version":"0.1.0","verdict":"","files":{},
             "nodes":[{"node":"a","agent":"x","addresses":[],"version":"1","expected":6,"present":6,"missing":{},"clock_error_us":12},
                      {"node":"b","agent":"y","addresses":[],"version":"1","expected":6,"present":\(missing ? 4 : 6),
                       "missing":\(missing ? #"{"away":2}"# : "{}")}]}
            """
        manifest = try RunManifest(decoding: Array(json.utf8))
        let accounts = Dictionary(uniqueKeysWithValues: manifest.nodes.map { ($0.node, RunLedger.Account(of: $0) ?? .init()) })
        manifest.verdict = Verdict(accounts: accounts, expected: Self.ticks).sentence
    }

    /// Adds a table `container` with two containers on each node.
    mutating func addContainers() { addTable("container", ["container_id", "pids"]) { _, _ in ["c1,1", "c2,2"] } }

    /// Adds a table `agent`, in which the containers of node `a` were late at some ticks.
    mutating func addAgents(late: Set<UInt64>) {
        addTable("agent", ["cpu_us", "host_late", "container_late"]) { tick, node in
            ["7,0,\(node == "a" && late.contains(tick) ? 1 : 0)"]
        }
    }

    private mutating func addTable(_ name: String, _ columns: [String], rows: (UInt64, String) -> [String]) {
        let names = ["time", "tick", "node"] + columns
        for column in names { files["columns.csv"]! += "\(name),\(column),,gauge,Sonde,\n" }
        var text = names.joined(separator: ",") + "\n"
        for line in files["host.csv"]!.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: ",")
            for row in rows(UInt64(fields[1]) ?? 0, String(fields[2])) { text += "\(fields[0]),\(fields[1]),\(fields[2]),\(row)\n" }
        }
        files[name + ".csv"] = text
    }

    mutating func removeRows(with text: String, from names: String...) {
        for name in names {
            files[name] = files[name]?.split(separator: "\n").filter { !$0.contains(text) }.map { $0 + "\n" }.joined()
        }
    }

    /// As a collector leaves a run in its middle: run.json says nothing of files and counts, `.commit` does.
    mutating func open(ticks: UInt64 = VerifyRunBuilder.ticks) {
        var record = CommitRecord()
        for (name, text) in files {
            record.files[name] = UInt64(text.utf8.count)
            record.rows[name] = Self.rows(text)
            record.sums[name] = CRC32C.checksum(Array(text.utf8).span.bytes)
        }
        for node in manifest.nodes {
            record.ticks[node.node] = RunLedger.Account(nextTick: ticks, present: node.present ?? 0, missing: node.missing ?? [:])
        }
        commit = record
        manifest.state = .recording
        (manifest.verdict, manifest.lastTick, manifest.ended, manifest.files) = (nil, nil, nil, [:])
        for index in manifest.nodes.indices {
            (manifest.nodes[index].expected, manifest.nodes[index].present, manifest.nodes[index].missing) = (nil, nil, nil)
        }
    }

    /// Rows without the header; a quoted line feed stands only in the first row of event.csv.
    private static func rows(_ text: String) -> UInt64 {
        UInt64(max(0, text.utf8.count { $0 == UInt8(ascii: "\n") } - 1 - (text.contains(",\nof two") ? 1 : 0)))
    }

    /// Writes the run, with run.json's `files` as they are, lets `breaking` do harm on disk, and verifies it.
    func report(breaking: (FilePath) throws -> Void = { _ in }) async throws -> VerifyReport {
        try await TemporaryDirectory.with { directory in
            try write(to: directory)
            try breaking(directory)
            return try RunVerification.report(on: directory.string)
        }
    }

    func write(to directory: FilePath) throws {
        var manifest = manifest
        for (name, text) in files {
            try Self.put(Array(text.utf8), at: directory.appending(name))
            if !manifest.state.isActive {
                var reader = try CSVReader(Descriptor.directory(directory.string).file(name), isSummed: true)
                while try reader.advance() {}
                manifest.files[name] = RunManifest.File(
                    rows: Self.rows(text), bytes: UInt64(text.utf8.count), sha256: reader.sha256 ?? "",
                    fault: manifest.files[name]?.fault)
            }
        }
        try Self.put(manifest.encoded(), at: directory.appending("run.json"))
        if let commit { try Self.put(commit.line(), at: directory.appending(".commit")) }
    }

    static func put(_ bytes: [UInt8], at path: FilePath) throws {
        let file = try SystemPackage.FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        try file.closeAfter { _ = try file.writeAll(bytes) }
    }

    static func bytes(at path: FilePath) throws -> [UInt8] {
        try Descriptor.directory(path.removingLastComponent().string).file(path.lastComponent?.string ?? "").contents()
    }
}

extension CommitRecord {
    /// The first line of a log that says this.
    func line() throws -> [UInt8] {
        var coder = CommitCoder()
        return try coder.line(self)
    }
}
