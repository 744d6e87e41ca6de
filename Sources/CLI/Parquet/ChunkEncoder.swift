import StatsCore

/// Encodes one column of one row group after the other: perhaps a page with a dictionary, then one page with the values.
///
/// Of the encodings it takes the one with fewest bytes. Its scratch memory, in proportion to the rows of a group, is kept from one to the next.
struct ChunkEncoder: ~Copyable {
    private let capacity: Int
    /// The values that are present, in the order in which they are written.
    private let dense: UnsafeMutablePointer<UInt64>
    /// Their numbers in the dictionary, or the marks of which are present.
    private let indices: UnsafeMutablePointer<UInt64>
    private var dictionary = NumberDictionary()
    private let snappy = SnappyCompressor()
    private var page = PageBytes()
    private var deltas = PageBytes()
    private var packed = PageBytes()

    /// - Parameter rows: how many a group has at most.
    init(rows: Int) {
        capacity = max(1, rows)
        dense = .allocate(capacity: capacity)
        indices = .allocate(capacity: capacity)
    }

    deinit {
        dense.deallocate()
        indices.deallocate()
    }

    /// Appends the pages of a column to `out`.
    /// - Parameters:
    ///   - order: the numbers of the rows in the order in which they are written.
    ///   - offset: of the begin of `out`, from the begin of the file.
    mutating func encode(
        _ column: ParquetValues, _ kind: ParquetColumn.Kind, order: UnsafePointer<UInt32>, offset: Int64, to out: inout PageBytes
    ) -> ChunkFacts {
        precondition(column.rows <= capacity, "a row group has more rows than were announced")
        let begin = out.count
        var facts = ChunkFacts()
        facts.rows = column.rows
        page.removeAll()
        let count = putLevels(column, order)
        facts.nulls = column.rows - count
        facts.bound(dense, count, kind, column.texts)
        let encoding: ParquetFormat.Encoding
        if let texts = column.texts {
            encoding = put(texts, count, offset, &facts, &out)
        } else {
            encoding = putNumbers(count, kind, offset, &facts, &out)
        }
        facts.encodings.append(contentsOf: [encoding, .rle])
        facts.dataOffset = offset + Int64(out.count)
        putPage(.data, values: column.rows, encoding, &facts, &out)
        facts.compressedBytes = Int64(out.count - begin)
        return facts
    }

    /// Begins the page with what says which values are present, and collects those.
    /// - Returns: how many are present.
    private mutating func putLevels(_ column: ParquetValues, _ order: UnsafePointer<UInt32>) -> Int {
        let rows = column.rows
        var count = 0
        for row in 0..<rows { count &+= Int(column.present[row]) }
        if count == rows {
            for place in 0..<rows { dense[place] = column.values[Int(order[place])] }
        } else if count > 0 {
            var filled = 0
            for place in 0..<rows {
                let row = Int(order[place])
                let isPresent = column.present[row]
                indices[place] = UInt64(isPresent)
                dense[filled] = column.values[row]
                filled &+= Int(isPresent)
                if filled == count {
                    for rest in place + 1..<max(rows, place + 1) { indices[rest] = 0 }
                    break
                }
            }
        }
        page.reserve(PageBytes.hybridLimit(count: rows, width: 1) + 4)
        page.put(half: 0)
        if count == rows || count == 0 {
            // One run of all rows.
            page.put(varint: UInt64(rows) << 1)
            page.put(count == 0 ? 0 : 1)
        } else {
            page.put(hybrid: indices, count: rows, width: 1)
        }
        page.set(half: UInt32(page.count - 4), at: 0)
        return count
    }

    // MARK: Encodings

    private mutating func putNumbers(
        _ count: Int, _ kind: ParquetColumn.Kind, _ offset: Int64, _ facts: inout ChunkFacts, _ out: inout PageBytes
    ) -> ParquetFormat.Encoding {
        let plain = count * 8
        guard count > 0 else { return .plain }
        var best = plain
        deltas.removeAll()
        if kind != .double {
            deltas.reserve(PageBytes.deltaLimit(count: count))
            deltas.put(delta: dense, count: count)
            best = min(best, deltas.count)
        }
        if dictionary.index(dense, count, into: indices) {
            packIndices(count, of: dictionary.count)
            if packed.count + dictionary.count * 8 <= best {
                putDictionary(offset, &facts, &out)
                return putPacked()
            }
        }
        if kind != .double, deltas.count < plain {
            page.reserve(deltas.count)
            page.put(deltas.bytes)
            return .delta
        }
        page.reserve(plain)
        for place in 0..<count { page.put(word: dense[place]) }
        return .plain
    }

    private mutating func put(
        _ texts: TextDictionary, _ count: Int, _ offset: Int64, _ facts: inout ChunkFacts, _ out: inout PageBytes
    ) -> ParquetFormat.Encoding {
        guard count > 0 else { return .plain }
        var plain = 0
        for place in 0..<count { plain &+= texts[Int(dense[place])].count &+ 4 }
        packIndices(dense, count, of: texts.count)
        // A dictionary of texts that hardly ever come again only costs.
        if texts.byteCount + texts.count * 4 + packed.count <= plain {
            var own = PageBytes()
            own.reserve(texts.byteCount + texts.count * 4)
            for number in 0..<texts.count { own.put(text: texts[number]) }
            putDictionary(own.bytes, texts.count, offset, &facts, &out)
            return putPacked()
        }
        page.reserve(plain)
        for place in 0..<count { page.put(text: texts[Int(dense[place])]) }
        return .plain
    }

    private mutating func packIndices(_ count: Int, of distinct: Int) { packIndices(indices, count, of: distinct) }

    private mutating func packIndices(_ numbers: UnsafePointer<UInt64>, _ count: Int, of distinct: Int) {
        let width = max(1, UInt64(distinct - 1).bits)
        packed.removeAll()
        packed.reserve(PageBytes.hybridLimit(count: count, width: width) + 1)
        packed.put(UInt8(width))
        packed.put(hybrid: numbers, count: count, width: width)
    }

    private mutating func putPacked() -> ParquetFormat.Encoding {
        page.reserve(packed.count)
        page.put(packed.bytes)
        return .dictionary
    }

    // MARK: Pages

    private mutating func putDictionary(_ offset: Int64, _ facts: inout ChunkFacts, _ out: inout PageBytes) {
        var own = PageBytes()
        own.reserve(dictionary.count * 8)
        for number in 0..<dictionary.count { own.put(word: dictionary.values[number]) }
        putDictionary(own.bytes, dictionary.count, offset, &facts, &out)
    }

    private mutating func putDictionary(
        _ bytes: UnsafeRawBufferPointer, _ count: Int, _ offset: Int64, _ facts: inout ChunkFacts, _ out: inout PageBytes
    ) {
        facts.dictionaryOffset = offset + Int64(out.count)
        facts.encodings.append(.plain)
        putPage(.dictionary, bytes, values: count, .plain, &facts, &out)
    }

    private mutating func putPage(
        _ type: ParquetFormat.Page, values: Int, _ encoding: ParquetFormat.Encoding, _ facts: inout ChunkFacts, _ out: inout PageBytes
    ) {
        putPage(type, page.bytes, values: values, encoding, &facts, &out)
    }

    private func putPage(
        _ type: ParquetFormat.Page, _ bytes: UnsafeRawBufferPointer, values: Int, _ encoding: ParquetFormat.Encoding,
        _ facts: inout ChunkFacts, _ out: inout PageBytes
    ) {
        var body = PageBytes(capacity: SnappyCompressor.limit(bytes.count) + 16)
        body.keep(snappy.compress(bytes, into: body.start))
        let header = PageHeader(type: type, values: values, encoding: encoding, uncompressed: bytes.count, compressed: body.count).encoded()
        out.reserve(header.count + body.count)
        header.withUnsafeBytes { out.put($0) }
        out.put(body.bytes)
        facts.uncompressedBytes += Int64(header.count + bytes.count)
    }
}

extension PageBytes {
    /// A text as the format's `PLAIN` encoding writes it: its length in four bytes, and its bytes.
    fileprivate mutating func put(text: UnsafeRawBufferPointer) {
        put(half: UInt32(text.count))
        put(text)
    }
}
