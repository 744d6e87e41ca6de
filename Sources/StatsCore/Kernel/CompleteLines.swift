extension RawSpan {
    /// The bytes up to the last newline, newline included.
    ///
    /// Every line of a kernel file ends in a newline. Bytes after the last newline are a line that was cut off: its last number may
    /// have lost digits and must not be taken for a value.
    package var completeLines: RawSpan {
        @_lifetime(copy self)
        get {
            var count = byteCount
            while count > 0, unsafeLoad(fromByteOffset: count - 1, as: UInt8.self) != UInt8(ascii: "\n") { count -= 1 }
            return extracting(0..<count)
        }
    }
}
