import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("The host source") struct HostSourceTests {
    private func roots(_ tree: String) -> KernelRoots {
        let fixture = Checkout.fixtures(of: "StatsCoreTests") + "/" + tree
        return KernelRoots(proc: fixture + "/proc", sys: fixture + "/sys")
    }

    /// The rows of a table as dictionaries by column.
    private func rows(_ table: TableID, of rows: borrowing TickRows) throws -> [[String: String]] {
        let json = rows.withRows(table) { bytes in Data(Array("[".utf8) + bytes.withUnsafeBytes { Array($0) } + Array("]".utf8)) }
        let lines = try #require(JSONSerialization.jsonObject(with: json) as? [[Any]])
        let names = Catalogue.table(table).columns.map(\.name)
        return try lines.map { cells in
            try #require(cells.count == names.count)
            return Dictionary(uniqueKeysWithValues: zip(names, cells.map { $0 is NSNull ? "" : "\($0)" }))
        }
    }

    @Test("Partitions, loop and ram devices are left out unless asked for")
    func devices() throws {
        for (tree, usual, count) in [
            ("linux-3.10-cgroup1", ["sda", "sr0", "cciss/c0d0", "dm-0"], 9),
            (
                "linux-6.1-128cores",
                ["nvme0n1", "sda", "md127", "dm-0", "dm-1", "cciss/c0d0", "zram0", "nbd0", "mmcblk0", "mmcblk0boot0", "rbd0"], 16
            ),
        ] {
            var found = TickRows()
            var source = HostSource(roots: roots(tree))
            source.read(into: &found)
            #expect(try rows(.disk, of: found).map { $0["device"]! } == usual)
            found.removeAll()
            var curious = HostSource(roots: roots(tree), options: HostOptions(allDevices: true))
            curious.read(into: &found)
            #expect(try rows(.disk, of: found).count == count)
        }
    }

    @Test("The paths of a multipath disk are left out beside the disk, but where the kernel counts on the paths alone")
    func paths() throws {
        let directory = try ScratchDirectory()
        let numbers = Array(repeating: "7", count: 17).joined(separator: " ")
        let devices = ["nvme0n1", "nvme0c0n1", "nvme0c1n1", "nvme1n1", "nvme1c0n1"]
        try directory.write(devices.map { "259 0 \($0) \(numbers)\n" }.joined(), to: "proc/diskstats")
        // The first disk counts itself; the second is of a kernel whose multipath disks don't.
        for (device, isHidden, counts) in [
            ("nvme0n1", 0, 1), ("nvme0c0n1", 1, 1), ("nvme0c1n1", 1, 1), ("nvme1n1", 0, 0), ("nvme1c0n1", 1, 1),
        ] {
            try directory.write("\(isHidden)\n", to: "sys/class/block/\(device)/hidden")
            try directory.write("\(counts)\n", to: "sys/class/block/\(device)/queue/iostats")
        }
        let roots = KernelRoots(proc: directory.path + "/proc", sys: directory.path + "/sys")
        var found = TickRows()
        var source = HostSource(roots: roots)
        source.read(into: &found)
        #expect(try rows(.disk, of: found).map { $0["device"]! } == ["nvme0n1", "nvme1n1", "nvme1c0n1"])
        found.removeAll()
        var curious = HostSource(roots: roots, options: HostOptions(allDevices: true))
        curious.read(into: &found)
        #expect(try rows(.disk, of: found).count == devices.count)
    }

    @Test("The containers' veth ends are left out unless asked for, and the files of process 1 are read")
    func interfaces() throws {
        var found = TickRows()
        var source = HostSource(roots: roots("linux-6.1-128cores"))
        source.read(into: &found)
        #expect(
            try rows(.network, of: found).map { $0["interface"]! } == [
                "lo", "enp129s0f0np0", "enp129s0f1np1", "bond0", "bond0.4094", "br-0f1e2d3c4b5a", "docker0", "veth_localpair", "wg0",
                "abcdefghijklmno",
            ])
        #expect(try rows(.host, of: found).first?["tcp_time_wait"] == "40123")
        found.removeAll()
        var curious = HostSource(roots: roots("linux-6.1-128cores"), options: HostOptions(allInterfaces: true))
        curious.read(into: &found)
        #expect(try rows(.network, of: found).count == 12)
    }

    @Test("Every core has a row, and a frequency where there is one")
    func cores() throws {
        var found = TickRows()
        var source = HostSource(roots: roots("linux-6.1-128cores"))
        source.read(into: &found)
        let cores = try rows(.cpu, of: found)
        #expect(cores.count == 128)
        #expect(try #require(UInt64(cores[7]["frequency_hz"]!)) > 800_000_000)
        #expect(cores[8]["frequency_hz"] == "")
    }

    @Test("A file that is absent leaves its cells empty and is no error")
    func absentFile() throws {
        var found = TickRows()
        var source = HostSource(roots: roots("linux-3.10-cgroup1"))
        source.read(into: &found)
        let host = try #require(try rows(.host, of: found).first)
        #expect(host["psi_cpu_some_us"] == "")
        #expect(host["forks"] == "26442")
        #expect(found.readErrors == 0)
        found.removeAll()
        var nowhere = HostSource(roots: KernelRoots(proc: "/no/such/proc", sys: "/no/such/sys"))
        nowhere.read(into: &found)
        #expect(try rows(.host, of: found).first?.values.allSatisfy(\.isEmpty) == true)
        #expect(try rows(.cpu, of: found).isEmpty)
        #expect(found.readErrors == 0)
    }

    @Test("A file that cannot be read is counted at every tick")
    func unreadableFile() throws {
        // A directory can be opened, but not read.
        let tree = try ScratchDirectory()
        try tree.makeDirectory("loadavg")
        var found = TickRows()
        var source = HostSource(roots: KernelRoots(proc: tree.path, sys: tree.path))
        source.read(into: &found)
        source.read(into: &found)
        #expect(found.readErrors == 2)
    }

    @Test("On the running kernel the second reading has a percentage and there are no errors")
    func runningKernel() throws {
        var found = TickRows()
        var source = HostSource(roots: KernelRoots())
        var host: [String: String] = [:]
        // The kernel counts in ticks of 10 ms, so some CPU time has to be used, however fast this machine is.
        for _ in 0..<10_000 where host["cpu_percent"] ?? "" == "" {
            found.removeAll()
            source.read(into: &found)
            host = try #require(try rows(.host, of: found).first)
        }
        let percent = try #require(Double(host["cpu_percent"]!))
        #expect((0...100).contains(percent))
        #expect(found.readErrors == 0)
    }

    @Test("The root file system has a row with its size")
    func rootFileSystem() throws {
        // Others mount and unmount, and their disks may fail: what is asserted is the root's.
        var found = TickRows()
        var source = FilesystemSource(roots: KernelRoots())
        source.read(into: &found)
        let root = try rows(.filesystem, of: found).filter { $0["mount"] == "/" }
        #expect(root.count <= 1 && root.allSatisfy { UInt64($0["size_bytes"] ?? "") ?? 0 > 0 })
    }
}
