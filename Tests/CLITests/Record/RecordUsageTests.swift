import ArgumentParser
import StatsCore
import SystemPackage
import TestSupport
import Testing

@testable import CLI

@Suite("What a recording sums up") struct RecordUsageTests {
    private let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    private func host() throws -> HostUse {
        try #require(try HostUsage(directory: FilePath(directory.path), intervalUs: 1_000_000).hosts.first)
    }

    @Test("A host's CPU and memory have mean and peak; its traffic is that of the devices that carry bytes of their own")
    func hosts() throws {
        try directory.write(
            """
            time,tick,node,cpu_percent,memory_total_bytes,memory_available_bytes,uptime_us
            t,0,n,,1000,900,5000
            t,1,n,10,1000,500,6000
            t,2,n,30,1000,700,7000

            """, to: "host.csv")
        try directory.write(
            """
            time,tick,node,interface,rx_bytes,tx_bytes
            t,0,n,eth0,1000,5
            t,0,n,lo,7,7
            t,0,n,docker0,50,50
            t,1,n,eth0,1500,5
            t,1,n,lo,9999,9999
            t,1,n,docker0,550,50
            t,2,n,eth0,3500,6

            """, to: "network.csv")
        try directory.write(
            "time,tick,node,device,read_sectors,write_sectors\nt,0,n,sda,1,1\nt,0,n,sda1,1,1\nt,0,n,dm-0,1,1\n", to: "disk.csv")
        let host = try host()
        #expect(host.cpuPercent == 20 && host.cpuPeakPercent == 30 && host.uptime == 5000)
        #expect(host.memoryMeanBytes == 300 && host.memoryPeakBytes == 500 && host.memoryTotalBytes == 1000)
        #expect(host.received == HostUse.Traffic(bytes: 2500, mean: 1250, peak: 2000))
        #expect(host.sent == HostUse.Traffic(bytes: 1, mean: 0.5, peak: 1))
        #expect(host.read == HostUse.Traffic())
    }

    @Test("Bytes that came over a gap of ticks count whole, and as much for each of its ticks")
    func gap() throws {
        try directory.write("time,tick,node\nt,0,n\n", to: "host.csv")
        try directory.write("time,tick,node,interface,rx_bytes,tx_bytes\nt,0,n,eth0,0,0\nt,4,n,eth0,400,0\n", to: "network.csv")
        try directory.write(
            "time,tick,node,device,read_sectors,write_sectors\nt,0,n,sda,0,0\nt,0,n,sda1,0,0\nt,1,n,sda,2,1\nt,1,n,sda1,2,1\n",
            to: "disk.csv")
        let host = try host()
        #expect(host.received == HostUse.Traffic(bytes: 400, mean: 100, peak: 100))
        #expect(host.read == HostUse.Traffic(bytes: 1024, mean: 1024, peak: 1024) && host.written.bytes == 512)
    }

    private static let header =
        "time,tick,node,container_id,container,pid,start_us,comm,cpu_user_us,cpu_system_us,cpu_percent,rss_bytes,unit,uid,user\n"

    private func programs(_ rows: String, uptime: UInt64 = 500) throws -> ProgramUsage {
        try directory.write(Self.header + rows, to: "process.csv")
        return try ProgramUsage(
            file: FilePath(directory.path("process.csv")), intervalUs: 1_000_000, uptimes: ["n": uptime])
    }

    @Test(
        "Processes of one name, user and place are one line: their CPU time, also of those that lived for one tick, and the most of all at once"
    )
    func programs() throws {
        let usage = try programs(
            """
            t,0,n,,,1,10,cc1,100,100,,50,a.service,33,web
            t,0,n,,,2,11,cc1,0,0,,30,a.service,33,web
            t,0,n,,,3,12,cc1,7,7,,9,,0,root
            t,1,n,,,1,10,cc1,600100,100,60,60,a.service,33,web
            t,1,n,,,2,11,cc1,100000,0,10,30,a.service,33,web
            t,1,n,abc,box,4,900,cc1,1000,500,,5,,0,root
            t,2,n,,,9,900,cc1,5000,0,,10,a.service,33,web

            """)
        #expect(usage.programs.count == 3)
        let first = try #require(usage.topByCPU(1).first)
        #expect(first.name == "cc1" && first.user == "web" && first.unit == "a.service" && first.container == nil)
        #expect(first.processes == 3 && first.cpuUs == 705_000)
        #expect(first.cpuPercent == 35.25 && first.cpuPeakPercent == 70)
        #expect(first.memoryPeakBytes == 90 && first.memoryMeanBytes == 60)
        // It began within the run, so that all that it used was used in it; the other has been read once, and began before.
        #expect(usage.topByCPU(5).map(\.cpuUs) == [705_000, 1500])
        #expect(usage.programs.first { $0.container == "box" }?.cpuUs == 1500)
    }

    @Test("One that was always busy since it began within the run used one core, however soon behind a tick that was")
    func begun() throws {
        let usage = try programs("t,1,n,,,1,10500,cc1,990000,0,,1,,0,\nt,2,n,,,1,10500,cc1,1990000,0,100,1,,0,\n", uptime: 500)
        let use = try #require(usage.programs.first)
        #expect(use.cpuUs == 1_990_000 && use.cpuPercent == 100)
    }

    @Test("A process that comes to run another program is one process, and its CPU time is told once")
    func exec() throws {
        let usage = try programs("t,0,n,,,1,10,sh,0,0,,1,,0,\nt,1,n,,,1,10,make,400,0,,1,,0,\nt,2,n,,,1,10,make,900,0,,1,,0,\n")
        #expect(usage.programs.compactMap(\.cpuUs).reduce(0, +) == 900)
        #expect(usage.topByCPU(1).first?.name == "make" && usage.topByCPU(1).first?.user == "0")
        #expect(usage.programs.map(\.processes) == [1])
    }

    @Test("What a process used up to its end counts once, also when its last row is its only one, and so does the most memory that it had")
    func ended() throws {
        try directory.write(
            """
            time,tick,node,container_id,container,pid,start_us,comm,cpu_user_us,cpu_system_us,cpu_percent,rss_bytes,uid,state,peak_rss_bytes
            t,0,n,,,1,10,make,100,0,,50,0,S,9000
            t,1,n,,,1,10,make,1100,0,0.1,50,0,S,9000
            t,1,n,,,2,900,cc1,200000,50000,25,,0,X,700
            t,1,n,,,3,1000500,cc1,0,0,,60,0,R,80
            t,2,n,,,1,10,make,2100,0,0.1,,0,X,9000
            t,2,n,,,3,1000500,cc1,400000,0,40,,0,X,90
            t,2,n,,,4,400,cc1,70000,0,7,,0,X,99999

            """, to: "process.csv")
        let usage = try ProgramUsage(file: FilePath(directory.path("process.csv")), intervalUs: 1_000_000, uptimes: ["n": 500])
        let compiler = try #require(usage.programs.first { $0.name == "cc1" })
        // The last one began before the run: how much of it was used within isn't known.
        #expect(compiler.processes == 3 && compiler.cpuUs == 650_000 && compiler.cpuPeakPercent == 47)
        #expect(compiler.memoryPeakBytes == 700 && compiler.memoryMeanBytes == 60)
        let make = try #require(usage.programs.first { $0.name == "make" })
        #expect(make.cpuUs == 2000 && make.memoryPeakBytes == 50)
    }

    @Test("A table without rows gives nothing, one without the columns an error")
    func odd() throws {
        #expect(try programs("").programs.isEmpty)
        try directory.write("a,b\n", to: "other.csv")
        #expect(throws: CommandFailure.self) {
            try ProgramUsage(file: FilePath(directory.path("other.csv")), intervalUs: 1, uptimes: [:])
        }
        try directory.write("", to: "empty.csv")
        #expect(try ProgramUsage(file: FilePath(directory.path("empty.csv")), intervalUs: 1, uptimes: [:]).programs.isEmpty)
    }

    @Test("A recording that nobody has named goes into a directory after the time, which any file system takes")
    func defaultName() {
        #expect(OutputDirectory.defaultName.wholeMatch(of: #/sonde-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d/#) != nil)
    }

    @Test("A time without a unit is answered with the right form")
    func times() throws {
        #expect(throws: Never.self) { try RecordCommand.parse(["--duration", "5s", "--interval", "100ms"]) }
        for (given, hint) in [("60", "write 60s"), ("2.5", "write 2.5s"), ("5 s", "10s"), ("soon", "10s"), ("-1", "10s")] {
            #expect { try RecordCommand.parse(["--duration=\(given)"]) } throws: { RecordCommand.message(for: $0).contains(hint) }
            #expect { try StartCommand.parse(["x", "--interval=\(given)"]) } throws: { StartCommand.message(for: $0).contains(hint) }
        }
    }
}
