import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Agent

/// A copy of a fixture's kernel tree that a test may change, and the rows that a source reads from it.
final class ContainerTree {
    static let web = "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2"
    static let database = "7bdc25d1694ef984782a16f6f1710c1c6bc83ba7a131b515baf532bea021d011"

    let path: String
    private let scratch: ScratchDirectory

    init(_ name: String) throws {
        scratch = try ScratchDirectory()
        path = scratch.path("tree")
        try FileManager.default.copyItem(atPath: Checkout.fixtures(of: "StatsCoreTests") + "/" + name, toPath: path)
    }

    var roots: KernelRoots { KernelRoots(proc: path + "/proc", sys: path + "/sys") }

    func write(_ text: String, to name: String) throws {
        let handle = try #require(FileHandle(forWritingAtPath: "\(path)/\(name)"))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    /// Makes a file that isn't in the fixture.
    func make(_ name: String, _ text: String) throws {
        let url = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    func move(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(atPath: "\(path)/\(name)", toPath: "\(path)/\(other)")
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

    static func info(_ id: String, name: String, pid: Int32?, hostNetwork: Bool = false) -> ContainerInfo {
        ContainerInfo(
            id: id, name: name, image: "image-\(name)", labels: [:], initPID: pid, state: "running", health: "healthy", restarts: 1,
            cpuLimit: nil,
            memoryLimit: nil, pidsLimit: nil, network: hostNetwork ? .host : .own, startedAt: nil)
    }
}

/// The rows of one tick, with cells by column; absent cells are left out.
struct TickCells {
    private(set) var container: [[String: String]]
    private(set) var unit: [[String: String]]
    private(set) var process: [[String: String]]
    private(set) var event: [[String: String]]
    let errors: UInt64
    let leftOut: UInt64?
    let exitsLeftOut: UInt64?

    init(_ rows: inout TickRows) throws {
        container = try Self.rows(.container, &rows)
        unit = try Self.rows(.unit, &rows)
        process = try Self.rows(.process, &rows)
        event = try Self.rows(.event, &rows)
        errors = rows.readErrors
        leftOut = rows.processesLeftOut
        exitsLeftOut = rows.exitsLeftOut
    }

    private static func rows(_ table: TableID, _ rows: inout TickRows) throws -> [[String: String]] {
        let json = rows.withRows(table) { bytes in bytes.withUnsafeBytes { Data("[".utf8) + Data($0) + Data("]".utf8) } }
        let names = Catalogue.table(table).columns.map(\.name)
        let parsed = try #require(JSONSerialization.jsonObject(with: json) as? [[Any]])
        return parsed.map { cells in
            #expect(cells.count == names.count)
            return Dictionary(uniqueKeysWithValues: zip(names, cells).filter { !($0.1 is NSNull) }.map { ($0.0, "\($0.1)") })
        }
    }

    func container(_ id: String) -> [String: String]? { container.first { $0["container_id"] == id } }
    func process(_ pid: Int) -> [String: String]? { process.first { $0["pid"] == "\(pid)" } }
}

extension Source where Self: ~Copyable {
    /// Reads one tick and returns its rows.
    ///
    /// - Parameter hasTime: whether the source may wait. Else it waits for nothing, because the deadline has passed.
    mutating func cells(
        at instant: UInt64 = Clocks.monotonic(), interval: UInt64 = 1_000_000_000, run: String? = "r", audience: UInt64 = 0,
        hasTime: Bool = false
    ) throws -> TickCells {
        var rows = TickRows()
        var tick = TickContext(instant: instant, deadline: hasTime ? .max : 0, interval: interval)
        (tick.run, tick.audience) = (run, audience)
        read(tick, into: &rows)
        return try TickCells(&rows)
    }
}

extension BlockingFiles {
    /// For files that all can be read, however long a busy machine takes for them.
    static var patient: BlockingFiles { BlockingFiles(longestWait: 300_000_000_000, patience: .max) }
}
