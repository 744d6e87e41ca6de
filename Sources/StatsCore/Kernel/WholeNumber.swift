extension ByteCursor {
    /// A decimal that is followed by a blank, a tab or a newline. Kernel files end in a newline: a number at the very end of the bytes
    /// was cut short and may be a tenth of the true one, so it gives `nil`.
    @inline(__always) package mutating func wholeDecimal() -> UInt64? {
        var ahead = self
        guard let value = ahead.decimal(), let next = ahead.peek,
            next == UInt8(ascii: " ") || next == UInt8(ascii: "\n") || next == UInt8(ascii: "\t")
        else { return nil }
        self = ahead
        return value
    }
}
