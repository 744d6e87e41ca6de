import Glibc

/// Splits the bytes of a socket into frames.
struct FrameReader {
    private var bytes: [UInt8] = []
    private var start = 0
    private var room = [UInt8](repeating: 0, count: 256 * 1024)

    /// Reads the bytes that have arrived; false when the peer has closed.
    mutating func receive(from socket: Socket) throws -> Bool {
        while true {
            let count = recv(socket.descriptor, &room, room.count, 0)
            if count == 0 { return false }
            if count < 0 {
                if errno == EAGAIN { return true }
                if errno == EINTR { continue }
                return false
            }
            if start > 0 {
                bytes.removeFirst(start)
                start = 0
            }
            bytes += room[..<count]
            if count < room.count { return true }
        }
    }

    /// The payload of the next complete frame.
    mutating func next() -> ArraySlice<UInt8>? {
        guard bytes.count - start >= 4 else { return nil }
        let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count - start - 4 >= length else { return nil }
        defer { start += 4 + length }
        return bytes[start + 4..<start + 4 + length]
    }
}

/// A frame with this payload, its length in front.
func frame(_ payload: String) -> [UInt8] { framePrefix(payload.utf8.count) + Array(payload.utf8) }

/// The length that stands before a payload.
func framePrefix(_ length: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } }
