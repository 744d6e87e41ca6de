import Foundation
import Testing

@testable import StatsCore

/// A host's cgroup tree with the processes in it.
struct CgroupFixture: CustomTestStringConvertible {
    static let all = ["cgroup-v1-cgroupfs", "cgroup-v2-systemd", "cgroup-hybrid", "cgroup-kubepods", "cgroup-podman"].map(
        CgroupFixture.init(name:))
    static let v1 = CgroupFixture(name: "cgroup-v1-cgroupfs")
    static let v2 = CgroupFixture(name: "cgroup-v2-systemd")
    static let hybrid = CgroupFixture(name: "cgroup-hybrid")
    static let kubepods = CgroupFixture(name: "cgroup-kubepods")
    static let podman = CgroupFixture(name: "cgroup-podman")

    /// The ids of the containers in the trees, by role.
    static let web = "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2"
    static let database = "7bdc25d1694ef984782a16f6f1710c1c6bc83ba7a131b515baf532bea021d011"

    let name: String

    var testDescription: String { name }
    var root: String { HostFixture.directory + "/" + name }
    var roots: KernelRoots { KernelRoots(proc: root + "/proc", sys: root + "/sys") }

    func mount() throws -> CgroupMount { try #require(CgroupMount(roots: roots)) }

    /// The containers that a walk finds.
    func walk() throws -> [CgroupPath] {
        let mount = try mount()
        return try #require(CgroupTree(mount)?.containers())
    }

    /// Every container of the tree, as the agent reads it without an engine.
    func containers() throws -> [ContainerReading] {
        let mount = try mount()
        return try walk().map { container in
            var reading = reading(of: container.containerID, at: mount.location(at: container.root))
            reading.names.kubernetesPodUID = container.podUID.map { EncodedText($0) }
            return reading
        }
    }

    func reading(of id: String, at location: CgroupLocation) -> ContainerReading {
        var tally = ReadTally()
        var buffer = ReadBuffer()
        var cgroup = ContainerCgroup(location, &tally)
        var reading = ContainerReading()
        reading.containerID = EncodedText(id)
        reading.source = EncodedText("cgroup")
        cgroup.read(at: 0, into: &reading.counters, &buffer, &tally)
        reading.counters.capMemoryLimit(at: 16_384_000 * 1024)
        #expect(tally == ReadTally())
        return reading
    }

    func location(of id: String, pid: Int) throws -> CgroupLocation {
        let bytes = try contents("proc/\(pid)/cgroup")
        return try mount().location(of: id, cgroups: PidCgroup(parsing: bytes.span.bytes))
    }

    func contents(_ path: String) throws -> [UInt8] {
        try #require(bytes(path))
    }

    /// `nil` for a file that this tree lacks.
    func bytes(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: "\(root)/\(path)").map(Array.init) }

    /// Compares with `golden/<name>.txt`, or writes it when SONDE_UPDATE_GOLDEN=1.
    func compareGolden(_ rows: [[String]], _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let text = rows.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
        let path = "\(root)/golden/\(name).txt"
        if ProcessInfo.processInfo.environment["SONDE_UPDATE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(atPath: "\(root)/golden", withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        }
        let expected = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text == expected, sourceLocation: sourceLocation)
    }
}

/// A row as `column=value` lines.
func lines(_ visit: (inout CellLister) -> Void) -> [String] {
    var lister = CellLister()
    visit(&lister)
    return lister.lines
}
