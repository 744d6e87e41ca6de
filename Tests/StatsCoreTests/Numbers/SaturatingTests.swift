import StatsCore
import Testing

@Suite("Numbers from elsewhere") struct SaturatingTests {
    @Test("A result that doesn't fit is the nearest number that does")
    func ends() {
        #expect(UInt64.max.saturatingAdding(1) == .max && UInt64(3).saturatingAdding(4) == 7)
        #expect(Int64.max.saturatingAdding(1) == .max && Int64.min.saturatingAdding(-1) == .min)
        #expect(
            UInt64(3).saturatingSubtracting(4) == 0 && Int64.min.saturatingSubtracting(1) == .min
                && Int64.max.saturatingSubtracting(-1) == .max)
        #expect(Int64.max.saturatingMultiplied(by: 2) == .max && Int64.max.saturatingMultiplied(by: -2) == .min)
        #expect(
            Int64.min.saturatingMultiplied(by: -1) == .max && UInt64.max.saturatingMultiplied(by: 2) == .max
                && Int64(-3).saturatingMultiplied(by: 4) == -12)
    }

    @Test("Any instant and any tick can be asked of a grid, and any instant be written")
    func grid() {
        let numbers: [Int64] = [.min, .min + 1, -1, 0, 1, 1 << 53, .max - 1, .max]
        for t0 in numbers {
            for interval in [1, 10_000, 3_600_000_000, Int64.max] {
                let grid = Grid(t0: t0, interval: interval)
                for tick in [0, 1, 1 << 53, UInt64(Int64.max), .max] { #expect(grid.instant(of: tick) >= t0) }
                for now in numbers {
                    #expect(grid.latest(at: now).map { $0 <= grid.next(at: now) } ?? (grid.next(at: now) == 0))
                }
            }
            let text = Timestamp.string(t0)
            let isInstant = Timestamp.isInstant(text.utf8.span.bytes)
            #expect(isInstant, "\(text)")
        }
        #expect(Grid(t0: 5, interval: 10).next(at: 15) == 1 && Grid(t0: 5, interval: 10).next(at: 16) == 2)
    }
}
