// What a session says and hears every second. A fleet of thousands sends as many of these as ticks, so they are written and read by hand; their other
// coding, by `Codable`, means the same.

extension ByteWriter {
    /// Appends a whole `ack` frame, without its length.
    package mutating func write(_ ack: Ack) { write(position: "ack", epoch: ack.epoch, seq: ack.seq) }

    /// Appends a whole `rewind` frame, without its length.
    package mutating func write(_ rewind: Rewind) { write(position: "rewind", epoch: rewind.epoch, seq: rewind.seq) }

    private mutating func write(position type: StaticString, epoch: UInt64, seq: UInt64) {
        append("{\"type\":\"")
        append(type)
        append("\",\"epoch\":")
        append(decimal: epoch)
        append(",\"seq\":")
        append(decimal: seq)
        append(UInt8(ascii: "}"))
    }

    /// Appends a whole `pong` frame, without its length.
    package mutating func write(_ pong: Pong) {
        append("{\"type\":\"pong\",\"t1\":")
        append(decimal: pong.t1)
        append(",\"t2\":")
        append(decimal: pong.t2)
        append(",\"t3\":")
        append(decimal: pong.t3)
        if let heartbeat = pong.heartbeatMilliseconds {
            append(",\"heartbeat_ms\":")
            append(decimal: Int64(heartbeat))
        }
        append(UInt8(ascii: "}"))
    }
}

extension Ping {
    /// Reads a frame that `FrameEnvelope` has found to be a `ping`.
    /// - Returns: `nil` for one that isn't plain: its other decoder reads it, or says what is wrong with it.
    package init?(plain bytes: RawSpan) {
        let text = ByteCursor(bytes)
        var t1: Int64?
        var isPlain = true
        self.init(t1: 0)
        var scanner = JSONScanner(bytes)
        scanner.members { key, value in
            var cursor = ByteCursor(bytes, at: value.lowerBound)
            if text.matches(key, "type") { return }
            let isNegative = text.byte(value.lowerBound) == UInt8(ascii: "-")
            guard isNegative || text.byte(value.lowerBound) &- UInt8(ascii: "0") < 10, let number = cursor.signedDecimal(),
                cursor.offset == value.upperBound
            else {
                isPlain = false
                return
            }
            if text.matches(key, "t1"), t1 == nil {
                t1 = number
            } else if text.matches(key, "offset"), offset == nil {
                offset = number
            } else if text.matches(key, "error"), error == nil {
                error = number
            } else if text.matches(key, "backlog_frames"), backlogFrames == nil, !isNegative {
                backlogFrames = UInt64(number)
            } else if text.matches(key, "backlog_bytes"), backlogBytes == nil, !isNegative {
                backlogBytes = UInt64(number)
            } else {
                isPlain = false
            }
        }
        guard isPlain, let t1 else { return nil }
        self.t1 = t1
    }
}
