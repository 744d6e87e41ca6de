extension EncodedText? {
    /// Makes this the encoding of `name`; `true` when it was another name before. The same name again costs a comparison.
    mutating func adopt(_ name: RawSpan) -> Bool {
        if let kept = self, kept.isPlain(name) { return false }
        // A name that needed escapes is never plain: encode it to see whether it is the same.
        let encoded = EncodedText(utf8: name)
        if self == encoded { return false }
        self = encoded
        return true
    }
}
