#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How the collector divides its memory, so that all that it keeps for others together stays below what it may use.
struct MemoryRoom: Sendable, Equatable {
    /// What is divided where no limit is set.
    static let usual: UInt64 = 512 << 20
    /// The machine's memory in bytes; 0 where that isn't known.
    private static let machine = Int(max(sysconf(Int32(_SC_PHYS_PAGES)), 0)) * Int(max(sysconf(Int32(_SC_PAGESIZE)), 0))
    /// With less a frame of the largest size would have no room, and more is of no use.
    static let sensible: ClosedRange<UInt64> = 192 << 20...4 << 30

    /// For live values of all nodes.
    let live: Int
    /// What they may have when there are so many nodes that they need more: without a limit, a share of the machine's memory.
    let mostLive: Int
    /// For frames that have arrived and aren't done with.
    let frames: Int

    /// - Parameter limit: what the collector's cgroups allow it, in bytes; `nil` for no limit.
    init(limit: UInt64?) {
        let memory = Int(min(max(limit ?? Self.usual, Self.sensible.lowerBound), Self.sensible.upperBound))
        live = memory / 8
        mostLive = limit == nil ? max(live, min(Self.machine, Int(Self.sensible.upperBound) * 8) / 64) : live
        frames = memory / 4
    }
}
