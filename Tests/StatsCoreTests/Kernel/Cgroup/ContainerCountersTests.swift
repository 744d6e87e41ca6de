import Testing

@testable import StatsCore

@Suite struct `Memory of a container` {
    @Test func `Without a limit it is the host's memory`() {
        var counters = ContainerCounters()
        counters.memoryUsage = 250
        counters.capMemoryLimit(at: 1000)
        #expect(counters.memoryLimit == 1000)
        #expect(counters.memoryPercent == 25)
    }

    @Test func `A limit above the host's memory is the host's memory`() {
        var counters = ContainerCounters()
        counters.memoryLimit = 5000
        counters.capMemoryLimit(at: 1000)
        #expect(counters.memoryLimit == 1000)
    }

    @Test func `The working set is usage without inactive file pages, as docker stats has it`() {
        var counters = ContainerCounters()
        #expect(counters.memoryWorkingSet == nil)
        counters.memoryUsage = 100
        #expect(counters.memoryWorkingSet == nil)
        counters.inactiveFile = 30
        #expect(counters.memoryWorkingSet == 70)
        counters.inactiveFile = 130
        #expect(counters.memoryWorkingSet == 100)
    }

    @Test func `Usage without a limit or a host has no percentage`() {
        var counters = ContainerCounters()
        counters.memoryUsage = 5
        counters.capMemoryLimit(at: nil)
        #expect(counters.memoryPercent == nil)
    }
}
