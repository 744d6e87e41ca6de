import StatsCore

extension RunManifest {
    /// The run's grid, by a manifest that anybody may have edited.
    /// - Throws: `RecoveryFailure` when it is none.
    func checkedGrid() throws(RecoveryFailure) -> Grid {
        // Five centuries of microseconds, whose sums with each other all fit in 64 bits.
        let times: ClosedRange<Int64> = 0...(500 * 366 * 86_400_000_000)
        let most = [ticks, lastTick].compactMap(\.self).max() ?? 0
        guard StartOptions.intervals.contains(intervalUs), times.contains(t0Us), most < UInt64(times.upperBound / intervalUs) else {
            throw RecoveryFailure(description: "\(RunFiles.manifest) of `\(name)` holds a grid that can't be")
        }
        return Grid(t0: t0Us, interval: intervalUs, ticks: ticks)
    }
}
