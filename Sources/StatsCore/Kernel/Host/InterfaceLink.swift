/// `/sys/class/net/<interface>/operstate` and `speed`: whether a link can carry traffic, and how fast.
///
///     up
///     10000
///
/// The speed is in Mbit/s; -1, and EINVAL while the link is down, mean that nobody knows. Source: Documentation/ABI/testing/sysfs-class-net, RFC 2863.
package struct InterfaceLink: Sendable, Equatable {
    package var state: EncodedText?
    /// Bytes per second.
    package var speed: UInt64?

    package init() {}

    /// Encodes the state only when it has changed.
    ///
    /// - Returns: whether it has.
    package mutating func adopt(state bytes: RawSpan) -> Bool {
        let line = bytes.completeLines
        guard line.byteCount > 1 else {
            defer { state = nil }
            return state != nil
        }
        return state.adopt(line.extracting(0..<line.byteCount - 1))
    }

    /// The speed in a file's content.
    package static func speed(parsing bytes: RawSpan) -> UInt64? {
        // Some drivers write -1 as the number without a sign.
        guard let megabits = bytes.onlyNumber, megabits < UInt64(Int32.max) else { return nil }
        return megabits * 1_000_000 / 8
    }
}
