import Foundation
import TestSupport
import Testing

@testable import StatsCore

/// A tree of kernel files from one machine.
struct HostFixture: CustomTestStringConvertible {
    static let all = ["linux-3.10-cgroup1", "linux-6.18", "linux-6.1-128cores"].map(HostFixture.init(name:))

    let name: String

    var testDescription: String { name }

    var root: String { Self.directory + "/" + name }

    var roots: KernelRoots { KernelRoots(proc: root + "/proc", sys: root + "/sys") }

    static let directory = Checkout.fixtures(of: "StatsCoreTests")

    /// The bytes of a file below the tree's /proc; `nil` when this kernel lacks it.
    func bytes(_ file: HostKernelFile) -> [UInt8]? {
        let path = file.path.hasPrefix("net/") ? roots.net + file.path.dropFirst(3) : roots.proc + "/" + file.path
        return FileManager.default.contents(atPath: path).map(Array.init)
    }
}

/// One of the host's kernel files, and its cells: from `row/column` to the cell's text. Absent cells are left out.
enum HostKernelFile: String, CaseIterable, Sendable {
    case stat, loadavg, uptime, cpuPressure, memoryPressure, ioPressure, meminfo, vmstat
    case sockstat, sockstat6, snmp, netstat, fileNr, diskstats, dev

    var path: String {
        switch self {
        case .cpuPressure: "pressure/cpu"
        case .memoryPressure: "pressure/memory"
        case .ioPressure: "pressure/io"
        case .sockstat, .sockstat6, .snmp, .netstat, .dev: "net/\(rawValue)"
        case .fileNr: "sys/fs/file-nr"
        default: rawValue
        }
    }

    func cells(_ content: [UInt8]) -> [String: String] {
        var cells: [String: String] = [:]
        var reading = HostReading()
        load(content, into: &reading)
        for core in reading.stat.cores {
            cells.add(row: "cpu\(core.number)") { CPUTable.visit(CPUReading(core: core, frequency: CPUFrequency()), &$0) }
        }
        cells.add(row: "host") { HostTable.visit(reading, &$0) }
        if self == .diskstats {
            var disks = DiskStats()
            disks.update(parsing: content.span.bytes)
            for device in disks.devices { cells.add(row: device.name!.text) { DiskTable.visit(device, &$0) } }
        }
        if self == .dev {
            var network = NetDev()
            network.update(parsing: content.span.bytes)
            for interface in network.interfaces { cells.add(row: interface.name!.text) { NetworkTable.visit(interface, &$0) } }
        }
        return cells
    }

    func load(_ content: [UInt8], into reading: inout HostReading) {
        let bytes = content.span.bytes
        switch self {
        case .stat: reading.update(stat: bytes)
        case .loadavg: reading.load = LoadAverage(parsing: bytes)
        case .uptime: reading.uptime = Uptime(parsing: bytes)
        case .cpuPressure: reading.cpuPressure = Pressure(parsing: bytes)
        case .memoryPressure: reading.memoryPressure = Pressure(parsing: bytes)
        case .ioPressure: reading.ioPressure = Pressure(parsing: bytes)
        case .meminfo: reading.memory.update(parsing: bytes)
        case .vmstat: reading.pages.update(parsing: bytes)
        case .sockstat: reading.sockets.update(parsing: bytes)
        case .sockstat6: reading.sockets.update(parsing6: bytes)
        case .snmp: reading.snmp.update(parsing: bytes)
        case .netstat: reading.netstat.update(parsing: bytes)
        case .fileNr: reading.files = FileNr(parsing: bytes)
        case .diskstats, .dev: break
        }
    }
}

extension EncodedText {
    /// The JSON string without its quotes, not unescaped.
    var text: String { String(decoding: json.dropFirst().dropLast(), as: UTF8.self) }
}

extension [String: String] {
    mutating func add(row: String, _ visit: (inout CellLister) -> Void) {
        var lister = CellLister()
        visit(&lister)
        for cell in lister.cells { if let value = cell.value { self["\(row)/\(cell.column)"] = value } }
    }
}

/// Lists the cells of a row by column.
struct CellLister: ColumnVisitor {
    private(set) var cells: [(column: String, value: String?)] = []

    /// `column=value` lines; nothing follows the sign where the value is absent.
    var lines: [String] { cells.map { "\($0.column)=\($0.value ?? "")" } }

    mutating func integer(
        _ name: StaticString, _ kind: Kind, _ value: UInt64?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) { cells.append(("\(name)", value.map { "\($0)" })) }

    mutating func signed(
        _ name: StaticString, _ kind: Kind, _ value: Int64?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) { cells.append(("\(name)", value.map { "\($0)" })) }

    mutating func decimal(
        _ name: StaticString, _ kind: Kind, _ value: Double?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) {
        cells.append(
            (
                "\(name)",
                value.map {
                    var out = ByteWriter()
                    out.append(decimal: $0)
                    return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
                }
            ))
    }

    mutating func exact(
        _ name: StaticString, _ kind: Kind, _ value: NumberText?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) { cells.append(("\(name)", value?.text)) }

    mutating func text(
        _ name: StaticString, _ kind: Kind, _ value: EncodedText?, _ unit: StaticString, _ source: StaticString, _ meaning: StaticString
    ) { cells.append(("\(name)", value?.text)) }
}
