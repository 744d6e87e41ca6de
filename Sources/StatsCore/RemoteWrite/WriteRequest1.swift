/// A body of remote write 1.0: the message `WriteRequest`, in Snappy's block format.
///
/// It is compressed while it is written: the labels of a row's series are the same but for their names, and the names are those of the rows before.
struct WriteRequest1: ~Copyable, SampleWriter {
    /// A part of the row's labels, and where it stood last.
    private struct Piece {
        var labels: Range<Int>
        var place: Int
    }

    private var block = SnappyBlock()
    /// Where each metric's name stood last, counted from the first request on; by the shape's number.
    private var names: [Int] = []
    private var base = 0
    private var row = RowSeries([])
    private var pieces: [Piece] = []
    private var written: [Piece] = []
    /// A copy takes three bytes.
    private static let shortestCopy = 4

    var byteCount: Int { block.byteCount }

    mutating func begin(_ row: RowSeries) {
        self.row = row
        pieces.removeAll(keepingCapacity: true)
    }

    mutating func sample(_ shape: MetricShape, _ value: Double, time: Int64, start: Int64) {
        let time = UInt64(max(time, 0))
        let sampleSize = 10 + LEB128.size(of: time)
        let size = shape.nameLabel.count + row.labels.bytes.count + shape.extraBytes + 2 + sampleSize
        block.reserve(size + 64)
        block.put(0x0a)
        block.put(varint: UInt64(size))
        put(name: shape)
        putLabels(shape)
        block.put(0x12)
        block.put(UInt8(sampleSize))
        block.put(0x09)
        block.put(word: value.bitPattern)
        block.put(0x10)
        block.put(varint: time)
    }

    private mutating func put(name shape: MetricShape) {
        while names.count <= shape.number { names.append(-SnappyBlock.reach - 1) }
        let place = names[shape.number] - base
        names[shape.number] = base + block.length
        if place >= 0, block.length - place <= SnappyBlock.reach {
            block.copy(from: place, shape.nameLabel.count)
        } else {
            shape.nameLabel.withUnsafeBytes { block.put($0) }
        }
    }

    /// The row's labels, with the metric's own in between.
    private mutating func putLabels(_ shape: MetricShape) {
        swap(&pieces, &written)
        pieces.removeAll(keepingCapacity: true)
        guard !shape.extras.isEmpty else { return putLabels(0..<row.labels.bytes.count) }
        var from = 0
        for extra in shape.extras {
            putLabels(from..<row.cuts[extra.slot])
            from = row.cuts[extra.slot]
            extra.label.withUnsafeBytes { block.put($0) }
        }
        putLabels(from..<row.labels.bytes.count)
    }

    /// Some of the row's labels: copied from where they stood last, if they did.
    private mutating func putLabels(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        pieces.append(Piece(labels: range, place: block.length))
        var from = range.lowerBound
        for piece in written where from < range.upperBound && piece.labels.contains(from) {
            let count = min(piece.labels.upperBound, range.upperBound) - from
            let place = piece.place + from - piece.labels.lowerBound
            guard count >= Self.shortestCopy, block.length - place <= SnappyBlock.reach else { break }
            block.copy(from: place, count)
            from += count
        }
        row.labels.bytes.withUnsafeBytes { block.put(UnsafeRawBufferPointer(rebasing: $0[from..<range.upperBound])) }
    }

    func hasSent(_ shape: MetricShape) -> Bool { shape.number < names.count && names[shape.number] >= 0 }

    mutating func finish() -> [UInt8] {
        base += block.length + SnappyBlock.reach + 1
        pieces.removeAll()
        return block.finish { Array($0) }
    }
}
