import StatsCore
import Testing

@testable import Agent

@Suite("The engine's stats") struct EngineStatsTests {
    @Test("An answer of engine 20.10 under cgroup v1 reads as the engine wrote it")
    func v1() throws {
        let reading = try #require(try EngineFixture.reading("stats-v1.json"))
        let counters = reading.counters
        #expect(reading.wall == 1_795_251_692_720_243_052)
        #expect(reading.systemCPU == 2_307_440_000_000)
        #expect(reading.onlineCPUs == 2)
        #expect(counters.cpu == 1_033_917)
        #expect(counters.cpuUser == 990_000)
        #expect(counters.cpuSystem == 30_000)
        #expect(counters.cpuPeriods == 22)
        #expect(counters.cpuThrottledPeriods == 8)
        #expect(counters.cpuThrottled == 2202)
        #expect(counters.memoryUsage == 9_359_360)
        #expect(counters.memoryPeak == 10_493_952)
        #expect(counters.memoryLimit == 67_108_864)
        #expect(counters.memoryRSS == 114_688)
        #expect(counters.memoryCache == 8_388_608)
        #expect(counters.memoryMappedFile == 0)
        #expect(counters.inactiveFile == 8_388_608)
        #expect(counters.memoryWorkingSet == 970_752)
        #expect(counters.pgfault == 1507)
        #expect(counters.pgpgin == 1141)
        #expect(counters.pids == 2)
        #expect(counters.network.rxBytes == 516)
        #expect(counters.network.rxPackets == 6)
        #expect(counters.network.txBytes == 0)
        // An empty list: the kernel had no device's line.
        #expect(counters.ioReadBytes == nil)
        #expect(counters.ioTotalBytes == nil)
    }

    @Test("What an engine under cgroup v1 doesn't say stays absent")
    func v1Absent() throws {
        let counters = try #require(try EngineFixture.reading("stats-v1.json")).counters
        #expect(counters.memoryFailures == nil)
        #expect(counters.memorySwap == nil)
        #expect(counters.memoryKernel == nil)
        #expect(counters.oomKills == nil)
        #expect(counters.pidsLimit == nil)
        #expect(counters.psiCPUSome == nil)
    }

    @Test("An answer under cgroup v2 fills the same columns from other names")
    func v2() throws {
        let reading = try #require(try EngineFixture.reading("stats-v2.json"))
        let counters = reading.counters
        #expect(reading.wall == 1_772_353_230_500_000_000)
        #expect(reading.systemCPU == 99_887_766_550_000_000)
        #expect(counters.cpu == 5_250_123)
        #expect(counters.memoryRSS == 33_554_432)
        #expect(counters.memoryCache == 12_582_912)
        #expect(counters.memoryMappedFile == 1_048_576)
        #expect(counters.memoryWorkingSet == 39_845_888)
        #expect(counters.unevictable == 16_384)
        #expect(counters.pgmajfault == 12)
        #expect(counters.pgpgin == nil)
        #expect(counters.memoryPeak == nil)
        #expect(counters.ioReadBytes == 4097)
        #expect(counters.ioWriteBytes == 1002)
        #expect(counters.ioTotalBytes == nil)
        #expect(counters.ioReads == nil)
        #expect(counters.pids == 7)
    }

    @Test("Under cgroup v2 failcnt is another number and is left out, and a limit of 2^64 - 1 processes is none")
    func v2Traps() throws {
        let counters = try #require(try EngineFixture.reading("stats-v2.json")).counters
        #expect(counters.memoryFailures == nil)
        #expect(counters.pidsLimit == nil)
        let v1 = try #require(try EngineFixture.reading("stats-v1-blkio.json"))
        #expect(v1.counters.memoryFailures == 17)
    }

    @Test("Traffic is summed over a container's interfaces")
    func networks() throws {
        let network = try #require(try EngineFixture.reading("stats-v2.json")).counters.network
        #expect(network.rxBytes == 1100)
        #expect(network.rxPackets == 22)
        #expect(network.rxErrors == 3)
        #expect(network.rxDropped == 1)
        #expect(network.txBytes == 550)
        #expect(network.txPackets == 11)
        #expect(network.txErrors == 0)
        #expect(network.txDropped == 4)
    }

    @Test("Bridges and veths inside a container add nothing to what passes eth0, as with the kernel's file")
    func bridgesInside() throws {
        let lines = ["eth0": 1000, "docker0": 1990, "veth1a2b3c": 1995, "tun0": 70].map { "\"\($0)\":{\"rx_bytes\":\($1),\"tx_bytes\":5}" }
        let bytes = Array("{\"read\":\"2026-11-21T09:00:35Z\",\"networks\":{\(lines.joined(separator: ","))}}".utf8)
        let network = try #require(try EngineStats.decode(bytes.span.bytes)).counters.network
        #expect(network.rxBytes == 1000 && network.txBytes == 5 && network.rxPackets == nil)
    }

    @Test("Where no interface counts, the engine's answer and the kernel's file both say nothing, and where an idle one does, both say 0")
    func sameRule() throws {
        for (interface, bytes) in [("docker0", nil), ("eth0", 0)] as [(String, UInt64?)] {
            let answer = Array(#"{"read":"2026-11-21T09:00:35Z","networks":{"\#(interface)":{"rx_bytes":0}}}"#.utf8)
            let lines = ["lo: 5 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0", "\(interface): 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"]
            let file = Array("Inter-|\n face |\n\(lines.joined(separator: "\n"))\n".utf8)
            let engine = try #require(try EngineStats.decode(answer.span.bytes)).counters.network.rxBytes
            #expect(engine == bytes && NetDevTotals(parsing: file.span.bytes).rxBytes == bytes, "\(interface)")
        }
    }

    @Test("A container on the host's network has no traffic of its own: absent, not zero")
    func hostNetwork() throws {
        let counters = try #require(try EngineFixture.reading("stats-v1-host-network.json")).counters
        #expect(counters.network == NetDevTotals())
        #expect(counters.memoryCache == 8_388_608)
    }

    @Test("Block I/O is summed over the devices by kind, in any letter case")
    func blockIO() throws {
        let counters = try #require(try EngineFixture.reading("stats-v1-blkio.json")).counters
        #expect(counters.ioReadBytes == 110)
        #expect(counters.ioWriteBytes == 20)
        #expect(counters.ioSyncBytes == 25)
        #expect(counters.ioAsyncBytes == 5)
        #expect(counters.ioDiscardBytes == 1)
        #expect(counters.ioTotalBytes == 131)
        #expect(counters.ioReads == 8)
        #expect(counters.ioWrites == 4)
    }

    @Test("Podman's requests among the bytes are counted as requests")
    func podmanBlockIO() throws {
        let entries = [("rbytes", 4096), ("wbytes", 512), ("rios", 3), ("wios", 2), ("dbytes", 1), ("dios", 9), ("rbytes", 4)]
        let list = entries.map { #"{"major":8,"minor":0,"op":"\#($0)","value":\#($1)}"# }.joined(separator: ",")
        let text = #"{"read":"2026-03-01T08:20:30Z","blkio_stats":{"io_service_bytes_recursive":[\#(list)],"io_serviced_recursive":null}}"#
        let counters = try #require(try EngineStats.decode(Array(text.utf8).span.bytes)).counters
        #expect(counters.ioReadBytes == 4100)
        #expect(counters.ioWriteBytes == 512)
        #expect(counters.ioDiscardBytes == 1)
        #expect(counters.ioReads == 3)
        #expect(counters.ioWrites == 2)
    }

    @Test("By the numbers that stand for none, nothing is said")
    func sentinels() throws {
        let text = """
            {"read":"2026-03-01T08:20:30Z","cpu_stats":{"cpu_usage":{"total_usage":18446744073709551615}},
            "memory_stats":{"usage":18446744073709551615,"max_usage":18446744073709551615,"limit":9223372036854771712},
            "pids_stats":{"current":1,"limit":4611686018427387904}}
            """
        let counters = try #require(try EngineStats.decode(Array(text.utf8).span.bytes)).counters
        #expect(counters.cpu == nil)
        #expect(counters.memoryUsage == nil)
        #expect(counters.memoryPeak == nil)
        #expect(counters.memoryLimit == nil)
        #expect(counters.pids == 1)
        #expect(counters.pidsLimit == nil)
    }

    @Test("A container that does not run has no reading, although the engine writes zeros")
    func notRunning() throws {
        #expect(try EngineFixture.reading("stats-not-running.json") == nil)
    }

    @Test("An answer that is cut short anywhere is an error and never a wrong number", arguments: ["stats-v1.json", "stats-v2.json"])
    func truncated(name: String) throws {
        var whole = try EngineFixture.bytes(name)
        while whole.last == UInt8(ascii: "\n") { whole.removeLast() }
        for length in 0..<whole.count {
            let part = Array(whole[..<length])
            #expect(throws: JSONFault.self) { _ = try EngineStats.decode(part.span.bytes) }
        }
    }

    @Test("Values of another shape than the API's are absent and harm nothing")
    func otherShapes() throws {
        let text = """
            {"read":"2026-03-01T08:20:30Z","cpu_stats":{"cpu_usage":[1,2],"system_cpu_usage":-1,"online_cpus":0,"throttling_data":"no"},
            "memory_stats":{"usage":1.5,"limit":"64","stats":{"rss":99999999999999999999,"total_":1,"":2}},
            "blkio_stats":{"io_service_bytes_recursive":[3,null,{"op":"","value":1},{"op":7,"value":1},{"value":1}]},
            "networks":[{"rx_bytes":1}],"pids_stats":null,"read2":{}}
            """
        let bytes = Array(text.utf8)
        let reading = try #require(try EngineStats.decode(bytes.span.bytes))
        #expect(reading.counters == ContainerCounters())
        #expect(reading.systemCPU == nil)
        #expect(reading.onlineCPUs == nil)
    }

    @Test("Rubbish is an error", arguments: ["", "null", "[]", "{", "{}x", "hello", "{\"read\":}", "\u{0}", "{\"read\":\"\\u12\"}"])
    func rubbish(text: String) {
        let bytes = Array(text.utf8)
        #expect(throws: JSONFault.self) { _ = try EngineStats.decode(bytes.span.bytes) }
    }

    @Test("An answer with every byte changed in turn is read or refused, never fatal")
    func changedBytes() throws {
        let whole = try EngineFixture.bytes("stats-v1.json")
        for index in whole.indices {
            for byte in [UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "9"), 0] {
                var changed = whole
                changed[index] = byte
                _ = try? EngineStats.decode(changed.span.bytes)
            }
        }
    }
}
