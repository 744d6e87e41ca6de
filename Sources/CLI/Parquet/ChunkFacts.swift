/// What the footer says of one column in one row group.
struct ChunkFacts {
    /// The least and the greatest value, as the format writes single values; `nil` where there is none, or only a very long one.
    var least: [UInt8]?
    var greatest: [UInt8]?
    var rows = 0
    var nulls = 0
    var encodings: [ParquetFormat.Encoding] = []
    var codec = ParquetFormat.Codec.snappy
    /// From the begin of the file.
    var dictionaryOffset: Int64?
    var dataOffset: Int64 = 0
    /// With the headers of pages.
    var uncompressedBytes: Int64 = 0
    var compressedBytes: Int64 = 0

    var offset: Int64 { dictionaryOffset ?? dataOffset }
}

extension ChunkFacts {
    /// Longer texts are no bounds.
    private static let textLimit = 256

    /// Finds the bounds of a column's values.
    mutating func bound(_ values: UnsafePointer<UInt64>, _ count: Int, _ kind: ParquetColumn.Kind, _ texts: TextDictionary?) {
        guard count > 0 else { return }
        switch kind {
        case .unsigned:
            var (least, greatest) = (UInt64.max, UInt64.min)
            for index in 0..<count { (least, greatest) = (min(least, values[index]), max(greatest, values[index])) }
            (self.least, self.greatest) = (Self.bytes(least), Self.bytes(greatest))
        case .signed, .instant:
            var (least, greatest) = (Int64.max, Int64.min)
            for index in 0..<count {
                let value = Int64(bitPattern: values[index])
                (least, greatest) = (min(least, value), max(greatest, value))
            }
            (self.least, self.greatest) = (Self.bytes(UInt64(bitPattern: least)), Self.bytes(UInt64(bitPattern: greatest)))
        case .double:
            var (least, greatest) = (Double.infinity, -Double.infinity)
            for index in 0..<count {
                let value = Double(bitPattern: values[index])
                (least, greatest) = (min(least, value), max(greatest, value))
            }
            // Readers may tell the two zeros apart: the bounds hold both.
            (self.least, self.greatest) = (
                Self.bytes((least == 0 ? -0.0 : least).bitPattern), Self.bytes((greatest == 0 ? 0.0 : greatest).bitPattern)
            )
        case .text:
            guard let texts, texts.count > 0 else { return }
            var (least, greatest) = (texts[0], texts[0])
            for number in 1..<max(1, texts.count) {
                let text = texts[number]
                if text.lexicographicallyPrecedes(least) { least = text }
                if greatest.lexicographicallyPrecedes(text) { greatest = text }
            }
            self.least = least.count <= Self.textLimit ? Array(least) : nil
            self.greatest = greatest.count <= Self.textLimit ? Array(greatest) : nil
        }
    }

    private static func bytes(_ word: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
}
