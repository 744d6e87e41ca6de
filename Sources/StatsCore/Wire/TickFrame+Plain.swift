extension TickFrame {
    /// Reads a tick in the form in which Sonde's own agents write it, in one pass that checks each byte: the members in their order, no space, ASCII without
    /// escapes, numbers without exponents.
    ///
    /// What it accepts is a valid frame, and means the same to `FrameEnvelope` and `init(_:)`.
    /// - Returns: `nil` for a frame of another form, which may be as good.
    package init?(plain bytes: RawSpan) {
        let parsed = bytes.withUnsafeBytes { raw -> TickFrame? in
            raw.withMemoryRebound(to: UInt8.self) { bytes in
                var reader = PlainReader(bytes)
                return reader.tick()
            }
        }
        guard let parsed else { return nil }
        self = parsed
    }
}

private struct PlainReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func tick() -> TickFrame? {
        var header = TickHeader(run: "", epoch: 0, seq: 0, tick: 0, time: 0, begin: 0, end: 0)
        guard skip("{\"type\":\"tick\",\"run\":"), let run = string(), skip(",\"epoch\":"), let epoch = number(), skip(",\"seq\":"),
            let seq = number(), skip(",\"tick\":"), let tick = number(), skip(",\"time\":"), let time = instant(), skip(",\"begin\":"),
            let begin = instant(), skip(",\"end\":"), let end = instant(), skip(",\"rows\":{")
        else { return nil }
        header.run = String(decoding: bytes[run], as: UTF8.self)
        (header.epoch, header.seq, header.tick, header.time, header.begin, header.end) = (epoch, seq, tick, time, begin, end)
        var tables: [(name: String, rows: Range<Int>)] = []
        tables.reserveCapacity(TableID.allCases.count)
        if !skip("}}") {
            repeat {
                guard let name = string(), skip(":"), let rows = rows() else { return nil }
                tables.append((String(decoding: bytes[name], as: UTF8.self), rows))
            } while skip(",")
            guard skip("}}") else { return nil }
        }
        return at == bytes.count ? TickFrame(header: header, tables: tables) : nil
    }

    @inline(__always) private mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - at >= count else { return false }
        for index in 0..<count where bytes[at + index] != text.utf8Start[index] { return false }
        at += count
        return true
    }

    /// A string without escapes.
    /// - Returns: the bytes between its quotes.
    @inline(__always) private mutating func string() -> Range<Int>? {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { return nil }
        var index = at + 1
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                defer { at = index + 1 }
                return at + 1..<index
            }
            guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\\") else { return nil }
            index += 1
        }
        return nil
    }

    /// A whole number that fits in 63 bits.
    private mutating func number() -> UInt64? {
        let first = at
        var value: UInt64 = 0
        while at < bytes.count, bytes[at] &- UInt8(ascii: "0") < 10, at - first < 18 {
            value = value * 10 + UInt64(bytes[at] &- UInt8(ascii: "0"))
            at += 1
        }
        return at > first && (bytes[first] != UInt8(ascii: "0") || at == first + 1) ? value : nil
    }

    private mutating func instant() -> Int64? { number().map { Int64($0) } }

    /// The rows of a table: arrays of numbers, strings and `null`.
    private mutating func rows() -> Range<Int>? {
        let first = at
        guard skip("[") else { return nil }
        if skip("]") { return first..<at }
        repeat {
            guard skip("[") else { return nil }
            if skip("]") { continue }
            repeat { guard cell() else { return nil } } while skip(",")
            guard skip("]") else { return nil }
        } while skip(",")
        return skip("]") ? first..<at : nil
    }

    @inline(__always) private mutating func cell() -> Bool {
        guard at < bytes.count else { return false }
        switch bytes[at] {
        case UInt8(ascii: "\""): return string() != nil
        case UInt8(ascii: "n"): return skip("null")
        case UInt8(ascii: "-"):
            at += 1
            return decimal()
        default: return decimal()
        }
    }

    @inline(__always) private mutating func decimal() -> Bool {
        let first = at
        digits()
        guard at > first, bytes[first] != UInt8(ascii: "0") || at == first + 1 else { return false }
        guard at < bytes.count, bytes[at] == UInt8(ascii: ".") else { return true }
        at += 1
        let fraction = at
        digits()
        return at > fraction
    }

    @inline(__always) private mutating func digits() {
        while at < bytes.count, bytes[at] &- UInt8(ascii: "0") < 10 { at += 1 }
    }
}
