/// What stands before each page.
struct PageHeader {
    let type: ParquetFormat.Page
    let values: Int
    let encoding: ParquetFormat.Encoding
    let uncompressed: Int
    let compressed: Int

    func encoded() -> [UInt8] {
        var out = ThriftWriter()
        out.field(1, type.rawValue)
        out.field(2, Int32(clamping: uncompressed))
        out.field(3, Int32(clamping: compressed))
        switch type {
        case .data:
            out.field(5) { data in
                data.field(1, Int32(clamping: values))
                data.field(2, encoding.rawValue)
                data.field(3, ParquetFormat.Encoding.rle.rawValue)
                data.field(4, ParquetFormat.Encoding.rle.rawValue)
            }
        case .dictionary:
            out.field(7) { dictionary in
                dictionary.field(1, Int32(clamping: values))
                dictionary.field(2, encoding.rawValue)
            }
        }
        return out.finished()
    }
}
