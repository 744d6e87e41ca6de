/// How much a live value should worry whoever looks on.
package enum LiveLevel: String, Sendable, Comparable {
    case ok
    /// Worth a look.
    case warm
    /// Hurts, or is about to.
    case hot

    package static func < (one: LiveLevel, other: LiveLevel) -> Bool { one.rank < other.rank }

    private var rank: Int {
        switch self {
        case .ok: 0
        case .warm: 1
        case .hot: 2
        }
    }
}

/// The levels of one object's values, by the place of each field. A value that isn't known has no level, as nobody can judge it.
///
/// Two words of bits, so that judging thousands of objects a second takes no memory.
package struct LiveLevels: Sendable, Equatable {
    /// As many fields as a word has bits.
    static let capacity = 64

    private var judged: UInt64 = 0
    private var warm: UInt64 = 0
    private var hot: UInt64 = 0

    package init() {}

    package internal(set) subscript(place: Int) -> LiveLevel? {
        get {
            let bit: UInt64 = 1 << UInt64(place)
            guard judged & bit != 0 else { return nil }
            return hot & bit != 0 ? .hot : warm & bit != 0 ? .warm : .ok
        }
        set {
            let bit: UInt64 = 1 << UInt64(place)
            (judged, warm, hot) = (judged & ~bit, warm & ~bit, hot & ~bit)
            guard let newValue else { return }
            judged |= bit
            if newValue == .warm { warm |= bit }
            if newValue == .hot { hot |= bit }
        }
    }

    /// The worst of all; `nil` when nothing is known that could be judged.
    package var worst: LiveLevel? { hot != 0 ? .hot : warm != 0 ? .warm : judged != 0 ? .ok : nil }

    /// The places of the values that are worse than `ok`.
    var raised: some Sequence<Int> { (0..<Self.capacity).lazy.filter { [bits = warm | hot] in bits & (1 << UInt64($0)) != 0 } }
}
