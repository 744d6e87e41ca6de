#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How the collector divides its memory, so that all that it keeps for others together stays below what it may use.
struct MemoryRoom: Sendable, Equatable {
    /// What is divided at least where no limit is set.
    static let usual: UInt64 = 512 << 20
    /// An eighth of the machine's memory, so that a large machine's collector can show a large fleet.
    static let ofMachine = max(UInt64(max(sysconf(Int32(_SC_PHYS_PAGES)), 0)) * UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 0)) / 8, usual)
    /// With less a frame of the largest size would have no room, and more is of no use.
    static let sensible: ClosedRange<UInt64> = 192 << 20...4 << 30

    /// For live values of all nodes.
    let live: Int
    /// For frames that have arrived and aren't done with.
    let frames: Int

    /// - Parameter limit: what the collector may use, in bytes; `nil` where that isn't known.
    init(limit: UInt64?) {
        let memory = Int(min(max(limit ?? Self.usual, Self.sensible.lowerBound), Self.sensible.upperBound))
        live = memory / 8
        frames = memory / 4
    }
}
