/// The fields of a protobuf message (protobuf.dev, "Encoding"), one after the other; it ends at the first that is none.
struct ProtobufFields: ~Escapable {
    struct Field {
        let number: Int
        /// The whole field, its tag included.
        let whole: Range<Int>
        /// What is in it: the bytes of a field with a length, or the number's.
        let body: Range<Int>
        /// Of a number that isn't of a fixed size.
        let value: UInt64
    }

    private let bytes: RawSpan
    private var at = 0

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.byteCount }

    mutating func next() -> Field? {
        let start = at
        guard let tag = varint(), tag >> 3 > 0, tag >> 3 < 1 << 29 else { return nil }
        var (body, value) = (at..<at, UInt64(0))
        switch tag & 7 {
        case 0:
            guard let number = varint() else { return nil }
            value = number
            body = body.lowerBound..<at
        case 1: body = at..<at + 8
        case 2:
            guard let length = varint(), length <= UInt64(bytes.byteCount - at) else { return nil }
            body = at..<at + Int(length)
        case 5: body = at..<at + 4
        default: return nil
        }
        guard body.upperBound <= bytes.byteCount else { return nil }
        at = body.upperBound
        return Field(number: Int(tag >> 3), whole: start..<at, body: body, value: value)
    }

    mutating func varint() -> UInt64? { LEB128.read(bytes, at: &at) }
}
