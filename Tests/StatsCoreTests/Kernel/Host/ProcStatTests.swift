import Testing

@testable import StatsCore

@Suite("Processor times") struct ProcStatTests {
    private func stat(_ text: String) -> ProcStat {
        var stat = ProcStat()
        stat.update(parsing: Array(text.utf8).span.bytes)
        return stat
    }

    @Test("An old kernel's missing columns are absent, not zero")
    func missingColumns() {
        let times = stat("cpu  10 20 30 40 50 60 70\n").total
        #expect(times.softirq == 700_000)
        #expect(times.steal == nil)
        #expect(times.guest == nil)
        #expect(times.guestNice == nil)
    }

    @Test("A core that is offline has no row")
    func offlineCore() {
        let cores = stat("cpu  1 1 1 1\ncpu0 1 2 3 4\ncpu3 5 6 7 8\nintr 1\n").cores
        #expect(cores.map(\.number) == [0, 3])
        #expect(cores[1].times.user == 50_000)
    }

    @Test("A second reading replaces the first")
    func secondReading() {
        var stat = stat("cpu  1 1 1 1\ncpu0 1 2 3 4\ncpu1 1 2 3 4\nctxt 5\n")
        stat.update(parsing: Array("cpu  2 2 2 2\ncpu0 2 2 3 4\n".utf8).span.bytes)
        #expect(stat.cores.count == 1)
        #expect(stat.total.user == 20_000)
        #expect(stat.contextSwitches == nil)
    }

    @Test("Busy is everything but idle and iowait")
    func busy() throws {
        let before = stat("cpu  100 10 50 1000 40 5 5 10 30 0\n").total
        let after = stat("cpu  130 20 60 1030 50 5 10 15 50 0\n").total
        // 30 user, 10 nice, 10 system, 5 softirq, 5 steal of 100 ticks; guest time is in user already.
        #expect(try #require(after.busyPercent(since: before)) == 60)
    }

    @Test("Iowait that goes backwards counts as unchanged")
    func iowait() throws {
        let before = stat("cpu  100 0 0 1000 40 0 0 0 0 0\n").total
        let after = stat("cpu  150 0 0 1050 30 0 0 0 0 0\n").total
        #expect(try #require(after.busyPercent(since: before)) == 50)
    }

    @Test("Behind a reset of the counters there is no percentage, rather than none busy")
    func reset() {
        let before = stat("cpu  100 0 50 1000 40 0 0 0 0 0\n").total
        #expect(stat("cpu  10 0 5 1010 40 0 0 0 0 0\n").total.busyPercent(since: before) == nil)
        #expect(stat("cpu  110 0 5 1010 40 0 0 0 0 0\n").total.busyPercent(since: before) == nil)
    }

    @Test("There is no percentage at first, nor when no time has passed")
    func noPercentage() {
        var reading = HostReading()
        let bytes = Array("cpu  100 0 0 1000 40 0 0 0 0 0\n".utf8)
        reading.update(stat: bytes.span.bytes)
        #expect(reading.cpuPercent == nil)
        reading.update(stat: bytes.span.bytes)
        #expect(reading.cpuPercent == nil)
        reading.update(stat: RawSpan())
        reading.update(stat: Array("cpu  200 0 0 2000 40 0 0 0 0 0\n".utf8).span.bytes)
        #expect(reading.cpuPercent == nil)
    }
}
