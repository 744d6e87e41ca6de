/// The requests of one shard, in the format of its protocol. It is chosen for each sample, which costs less than the sample by far.
struct RequestWriter: ~Copyable, SampleWriter {
    private let `protocol`: RemoteWriteProtocol
    // Those that aren't used have no memory.
    private var one = WriteRequest1()
    private var two = WriteRequest2()
    private var otlp = OTLPRequest()
    /// How many there are since the last `finish`.
    private(set) var samples = 0

    init(_ protocol: RemoteWriteProtocol) { self.protocol = `protocol` }

    /// How many bytes the samples take, about.
    var byteCount: Int {
        switch `protocol` {
        case .one: one.byteCount
        case .two: two.byteCount
        case .otlp: otlp.byteCount
        }
    }

    mutating func begin(_ row: RowSeries) {
        switch `protocol` {
        case .one: one.begin(row)
        case .two: two.begin(row)
        case .otlp: otlp.begin(row)
        }
    }

    @inline(__always) mutating func sample(_ shape: MetricShape, _ value: Double, time: Int64, start: Int64) {
        samples += 1
        switch `protocol` {
        case .one: one.sample(shape, value, time: time, start: start)
        case .two: two.sample(shape, value, time: time, start: start)
        case .otlp: otlp.sample(shape, value, time: time, start: start)
        }
    }

    mutating func finish() -> [UInt8] {
        samples = 0
        return switch `protocol` {
        case .one: one.finish()
        case .two: two.finish()
        case .otlp: otlp.finish()
        }
    }

    /// Whether version 1 has sent samples of a metric.
    func hasSent(_ shape: MetricShape) -> Bool { one.hasSent(shape) }
}
