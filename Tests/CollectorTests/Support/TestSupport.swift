import Logging
import NIOPosix
import StatsCore
import Synchronization

@testable import Collector

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A directory that is removed with everything in it when the test is over.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/sonde-collector-test-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit {
        for name in tree().reversed() { remove(path + "/" + name) }
        remove(path)
    }

    func descriptor() throws -> Descriptor { try Descriptor.directory(path) }

    func bytes(_ name: String) throws -> [UInt8] { try descriptor().file(name).contents() }

    func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    func write(_ bytes: [UInt8], to name: String) throws {
        let file = try descriptor().fileOrNew(name)
        try file.cut(to: 0)
        try file.write(bytes.span.bytes, at: 0)
    }

    func append(_ text: String, to name: String) throws {
        let file = try descriptor().writableFile(name)
        try file.write(Array(text.utf8).span.bytes, at: file.size())
    }

    /// A directory as of a run that holds nothing but its host.csv.
    func makeRun(_ name: String, host: [UInt8]) throws {
        try descriptor().makeDirectory(name)
        let file = try descriptor().directory(name).newFile("host.csv")
        try file.write(host.span.bytes, at: 0)
    }

    /// All names below, directories included, sorted.
    func tree() -> [String] { Self.names(in: path, prefix: "").sorted() }

    private static func names(in directory: String, prefix: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var found: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name == "." || name == ".." { continue }
            found.append(prefix + name)
            if entry.pointee.d_type == UInt8(DT_DIR) { found += names(in: directory + "/" + name, prefix: prefix + name + "/") }
        }
        return found
    }
}

/// A clock that only moves when the test says so.
final class ManualClock: Sendable {
    private let time = Mutex<Int64>(1_800_000_000_000_000)

    var now: Int64 { time.withLock { $0 } }
    var clock: CollectorClock { CollectorClock { self.now } }

    func advance(milliseconds: Int64) { time.withLock { $0 += milliseconds * 1000 } }
    func set(_ microseconds: Int64) { time.withLock { $0 = microseconds } }
}

extension Hello {
    static func sample(
        agent: String = "agent-1", epoch: UInt64 = 1, epochID: String? = nil, node: String = "a", firstUnacked: UInt64 = 1,
        nextSeq: UInt64 = 1
    ) -> Hello {
        Hello(
            agent: agent, epoch: epoch, epochID: epochID, node: node, monitor: "OSMonitor_127_0_0_1_\(node)", addresses: ["127.0.0.1"],
            version: "0.1.0",
            tables: ["host": ["load1", "context_switches"], "event": ["kind", "message"]], firstUnacked: firstUnacked, nextSeq: nextSeq)
    }
}

enum Frames {
    static func tick(
        _ number: UInt64, run: String, seq: UInt64, epoch: UInt64 = 1, rows: String = "{\"host\":[[0.5,7]]}"
    ) -> [UInt8] {
        Array(
            """
            {"type":"tick","run":"\(run)","epoch":\(epoch),"seq":\(seq),"tick":\(number),"time":0,"begin":1,"end":2,"rows":\(rows)}
            """.utf8)
    }
}

/// A CSV file as fields, by RFC 4180; none when it is not one.
func parseCSV(_ text: String) -> [[String]]? {
    var rows: [[String]] = []
    var row: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        if isQuoted {
            guard byte == UInt8(ascii: "\"") else {
                field.append(byte)
                continue
            }
            if rest.first == UInt8(ascii: "\"") {
                field.append(byte)
                rest.removeFirst()
            } else {
                isQuoted = false
            }
        } else if byte == UInt8(ascii: "\""), field.isEmpty {
            isQuoted = true
        } else if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") {
            row.append(String(decoding: field, as: UTF8.self))
            field = []
            if byte == UInt8(ascii: "\n") {
                rows.append(row)
                row = []
            }
        } else {
            field.append(byte)
        }
    }
    guard !isQuoted, field.isEmpty, row.isEmpty, rows.allSatisfy({ $0.count == rows[0].count }) else { return nil }
    return rows
}
