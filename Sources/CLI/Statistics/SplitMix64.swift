/// A generator of pseudo-random numbers that gives the same ones for the same seed, with every version of Sonde and of Swift.
///
/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014), with the constants of its public-domain C version.
struct SplitMix64: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `count`, each as likely as the others but for one part in 2⁵⁰ as long as `count` is below 2¹⁴.
    mutating func index(below count: Int) -> Int { Int(UInt64(count).multipliedFullWidth(by: next()).high) }
}
