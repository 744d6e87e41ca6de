/// The framing of the wire: a 4-byte big-endian length, then that many bytes of UTF-8 JSON, which is one object with a `type`.
package enum Frame {
    /// The version of the protocol that this build speaks; see docs/PROTOCOL.md.
    package static let protocolVersion = 1
    package static let headerBytes = 4
    /// The largest frame before the handshake is done, so that an unknown peer can't make the collector allocate much.
    package static let handshakeLimit = 32 * 1024
    /// The largest frame of a collector, at any time: all that it sends are orders and acknowledgements.
    package static let orderLimit = 64 * 1024
    /// The largest frame after the handshake: the tick of a host with 20,000 processes.
    package static let limit = 16 * 1024 * 1024

    /// The length that a header announces, checked before anything is allocated.
    /// - Throws: `FrameError.tooLarge` beyond `limit`, `FrameError.empty` for 0.
    package static func length(header: UInt32, limit: Int) throws(FrameError) -> Int {
        if header == 0 { throw .empty }
        if header > UInt32(limit) { throw .tooLarge(Int(header), limit: limit) }
        return Int(header)
    }
}

/// Why a frame is refused. Each case has a stable code, which an `error` message carries to the peer.
package enum FrameError: Error, Equatable, CustomStringConvertible {
    case empty
    case tooLarge(Int, limit: Int)
    case json(JSONFault)
    case noType
    case badField(String)

    package var code: String {
        switch self {
        case .empty: "frame_empty"
        case .tooLarge: "frame_too_large"
        case .json(let fault): fault.code
        case .noType: "no_type"
        case .badField: "bad_field"
        }
    }

    package var description: String {
        switch self {
        case .empty: "a frame of length 0"
        case .tooLarge(let length, let limit): "a frame of \(length) bytes, where at most \(limit) are allowed"
        case .json(let fault): "a frame that \(fault)"
        case .noType: "a frame without a `type`"
        case .badField(let what): "a frame whose \(what)"
        }
    }
}
