/// A column of a Parquet file: its name, and what its values are. Each may be absent.
struct ParquetColumn: Equatable {
    enum Kind: Equatable {
        /// Whole numbers from 0 to 2⁶⁴−1.
        case unsigned
        case signed
        case double
        /// UTF-8.
        case text
        /// Microseconds since 1970, UTC.
        case instant
    }

    let name: String
    let kind: Kind
}

/// The values of one column in one row group, as 64 bits each: a whole number, the bits of a double, or a text's number in its dictionary.
struct ParquetValues {
    /// One for each row; of an absent value whatever.
    let values: UnsafePointer<UInt64>
    /// 1 for each row that has a value, else 0.
    let present: UnsafePointer<UInt8>
    let rows: Int
    /// Of a column of texts.
    let texts: TextDictionary?
}

/// Numbers of the format's definition (parquet-format 2.10, `parquet.thrift`).
enum ParquetFormat {
    static let magic: StaticString = "PAR1"

    enum PhysicalType: Int32 { case int64 = 2, double = 5, byteArray = 6 }
    enum Encoding: Int32 { case plain = 0, rle = 3, delta = 5, dictionary = 8 }
    enum Codec: Int32 { case uncompressed = 0, snappy = 1 }
    enum Page: Int32 { case data = 0, dictionary = 2 }
}

extension ParquetColumn.Kind {
    var physicalType: ParquetFormat.PhysicalType {
        switch self {
        case .unsigned, .signed, .instant: .int64
        case .double: .double
        case .text: .byteArray
        }
    }
}
