import Testing

@testable import StatsCore

@Suite("Memory of a container") struct ContainerCountersTests {
    @Test("Without a limit it is the host's memory")
    func withoutLimit() {
        var counters = ContainerCounters()
        counters.memoryUsage = 250
        counters.capMemoryLimit(at: 1000)
        #expect(counters.memoryLimit == 1000)
        #expect(counters.memoryPercent == 25)
    }

    @Test("A limit above the host's memory is the host's memory")
    func largeLimit() {
        var counters = ContainerCounters()
        counters.memoryLimit = 5000
        counters.capMemoryLimit(at: 1000)
        #expect(counters.memoryLimit == 1000)
    }

    @Test("Where nobody counts a container's memory it has no limit, and not the host's memory")
    func noController() {
        var counters = ContainerCounters()
        counters.capMemoryLimit(at: 1000)
        #expect(counters.memoryLimit == nil)
    }

    @Test("The working set is usage without inactive file pages, as docker stats has it")
    func workingSet() {
        var counters = ContainerCounters()
        #expect(counters.memoryWorkingSet == nil)
        counters.memoryUsage = 100
        #expect(counters.memoryWorkingSet == nil)
        counters.inactiveFile = 30
        #expect(counters.memoryWorkingSet == 70)
        counters.inactiveFile = 130
        #expect(counters.memoryWorkingSet == 100)
    }

    @Test("Usage without a limit or a host has no percentage")
    func noPercentage() {
        var counters = ContainerCounters()
        counters.memoryUsage = 5
        counters.capMemoryLimit(at: nil)
        #expect(counters.memoryPercent == nil)
    }
}

@Suite("Block I/O of a cgroup") struct BlockIOTests {
    @Test("Without a device's line a version 1 cgroup doesn't say what was transferred: that is absent, not 0")
    func noDevice() {
        let nothing = Array("Total 0\n".utf8)
        #expect(BlkioSums(parsing: nothing.span.bytes) == nil)
        let zeros = Array("8:0 Read 0\n8:0 Write 0\n8:0 Total 0\nTotal 0\n".utf8)
        let sums = BlkioSums(parsing: zeros.span.bytes)
        #expect(sums?.read == 0 && sums?.total == 0)
    }

    @Test("Devices without numbers that stand in front of others on a line hide none of theirs")
    func devicesWithoutNumbers() {
        var counters = ContainerCounters()
        let text =
            "7:7 7:6 7:5 8:0 rbytes=28672 wbytes=4096 rios=22 wios=3 dbytes=5 dios=1\n8:16 rbytes=1000 wbytes=10 rios=1 wios=1 dbytes=0\n"
        CgroupV2.parseIOStat(Array(text.utf8).span.bytes, &counters)
        #expect(counters.ioReadBytes == 29672)
        #expect(counters.ioWriteBytes == 4106)
        #expect(counters.ioDiscardBytes == 5)
        #expect(counters.ioReads == 23)
        #expect(counters.ioWrites == 4)
    }
}
