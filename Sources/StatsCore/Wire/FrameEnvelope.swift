/// The type of a frame's message. Making one validates the frame, which all other decoding relies on.
package struct FrameEnvelope: Sendable, Equatable {
    package let type: String

    /// Validates the whole frame (UTF-8, JSON, depth) and finds its `type`.
    package init(_ bytes: RawSpan) throws(FrameError) {
        do throws(JSONFault) {
            try JSONScanner.validate(bytes)
        } catch {
            throw .json(error)
        }
        var found: Range<Int>?
        var scanner = JSONScanner(bytes)
        let cursor = ByteCursor(bytes)
        scanner.members { key, value in
            if found == nil, cursor.matches(key, "type"), cursor.byte(value.lowerBound) == UInt8(ascii: "\"") { found = value }
        }
        guard let found else { throw .noType }
        type = cursor.string(found.lowerBound + 1..<found.upperBound - 1)
    }
}
