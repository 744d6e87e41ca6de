import Testing

@testable import StatsCore

@Suite("CPU percentages") struct CPURateTests {
    private typealias Sample = CPURate.Sample

    @Test("There is none at first, and then one core's worth is 100")
    func first() {
        var rate = CPURate()
        #expect(rate.next(Sample(cpu: 1_000, instant: 1_000_000_000)) == nil)
        #expect(rate.next(Sample(cpu: 501_000, instant: 2_000_000_000)) == 50)
        #expect(rate.next(Sample(cpu: 2_501_000, instant: 3_000_000_000)) == 200)
    }

    @Test("A counter that went back belongs to a container that began anew")
    func counterReset() {
        var rate = CPURate()
        _ = rate.next(Sample(cpu: 9_000, instant: 1_000_000_000))
        #expect(rate.next(Sample(cpu: 10, instant: 2_000_000_000)) == nil)
        #expect(rate.next(Sample(cpu: 100_010, instant: 3_000_000_000)) == 10)
    }

    @Test("When no time has passed there is none")
    func noTime() {
        #expect(CPURate.percent(from: Sample(cpu: 1, instant: 7), to: Sample(cpu: 2, instant: 7)) == nil)
    }

    @Test("A reading that failed is passed over, and the next one spans both intervals")
    func failedReading() {
        var rate = CPURate()
        _ = rate.next(Sample(cpu: 0, instant: 0))
        #expect(rate.next(nil) == nil)
        #expect(rate.next(Sample(cpu: 1_000_000, instant: 2_000_000_000)) == 50)
    }

    @Test("With the engine's readings it is Docker's formula")
    func engineReadings() {
        let before = Sample(cpu: 0, instant: 0, systemCPU: 0, onlineCPUs: 2)
        let now = Sample(cpu: 500_000, instant: 900_000_000, systemCPU: 2_000_000_000, onlineCPUs: 2)
        #expect(CPURate.percent(from: before, to: now) == 50)
    }
}
