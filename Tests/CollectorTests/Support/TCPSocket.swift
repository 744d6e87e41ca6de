import StatsCore
import SystemPackage

/// What the kernel says of a connection over IPv4. Source: proc(5), /proc/net/tcp; include/net/tcp_states.h.
struct TCPSocket: Equatable {
    let localPort: Int
    let isEstablished: Bool
    /// Bytes that were written here, and that the peer's kernel hasn't confirmed.
    let unconfirmed: Int
    /// Whether the peer's kernel has no more room, since its program doesn't read: this one asks for it now and then (timer 4), or sends again what found none
    /// (timer 1), as happens when a small buffer was already overfull. Where nothing is lost on the way, nothing else is sent again.
    let isHeldBack: Bool

    static func all() throws -> [TCPSocket] {
        var text: [UInt8] = []
        let file = try FileDescriptor.open("/proc/net/tcp", .readOnly, options: .closeOnExec)
        // A piece has whole lines, and there may be many pieces.
        try file.closeAfter {
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = try piece.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 { text += piece[..<count] }
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").dropFirst().compactMap { TCPSocket($0) }
    }

    /// `0: 0100007F:2665 0100007F:8C3A 01 00000000:00000000 00:00000000 …`
    private init?(_ line: Substring) {
        let fields = line.split(separator: " ")
        guard fields.count > 5, let local = Self.number(fields[1], 1), let unconfirmed = Self.number(fields[4], 0) else { return nil }
        (localPort, self.unconfirmed) = (local, unconfirmed)
        (isEstablished, isHeldBack) = (fields[3] == "01", fields[5].hasPrefix("04:") || fields[5].hasPrefix("01:"))
    }

    private static func number(_ field: Substring, _ part: Int) -> Int? {
        let parts = field.split(separator: ":")
        return parts.count == 2 ? Int(parts[part], radix: 16) : nil
    }
}
