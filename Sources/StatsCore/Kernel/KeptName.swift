extension EncodedText? {
    /// Makes this the encoding of `name` and returns whether the name has changed. An unchanged name costs a comparison.
    package mutating func adopt(_ name: RawSpan) -> Bool {
        if let kept = self, kept.isPlain(name) { return false }
        // `isPlain` is false for a name that needs escapes, so that one is encoded to compare it.
        let encoded = EncodedText(utf8: name)
        if self == encoded { return false }
        self = encoded
        return true
    }
}
