/// Takes the samples of a request, in one of the formats.
protocol SampleWriter: ~Copyable {
    /// The samples that follow are of this row.
    mutating func begin(_ row: RowSeries)

    /// - Parameters:
    ///   - time: in milliseconds since 1970.
    ///   - start: since when a counter counts, in milliseconds since 1970; 0 where nobody knows.
    mutating func sample(_ shape: MetricShape, _ value: Double, time: Int64, start: Int64)

    /// Hands out the request's body, and begins another one.
    mutating func finish() -> [UInt8]
}

/// The value that ends a series (Prometheus remote write 1.0, "Stale markers").
enum StaleMarker {
    static let value = Double(bitPattern: 0x7ff0_0000_0000_0002)
}

/// The series of one row: their labels, and which of them there are.
final class RowSeries {
    /// The cells that tell rows apart, as they came, each behind a zero.
    let key: [UInt8]
    let labels: LabelBlock
    /// Where labels that only some metrics have belong among these (`TableShape.extraNames`).
    let cuts: [Int]
    /// Which of the table's metrics had a value at the last tick.
    var present: UInt128 = 0
    /// The last tick that it was in.
    var seen: UInt64 = 0
    /// Since when its counters count.
    var start: Int64 = 0
    /// For requests of version 2, and of OTLP.
    var symbols: [Symbol] = []
    var otlp: OTLPAttributes?

    init(key: [UInt8] = [], _ labels: [(name: String, value: String)], extraNames: [String] = []) {
        self.key = key
        let block = LabelBlock(labels)
        self.labels = block
        cuts = extraNames.map { block.place(of: $0) }
    }
}
