/// A body of OTLP: the message `ExportMetricsServiceRequest` (opentelemetry-proto, `metrics/v1/metrics.proto`), not compressed.
///
/// Rows that follow each other and are of one host, or one container, share a `ResourceMetrics`, in which each name stands once.
struct OTLPRequest: ~Copyable, SampleWriter {
    /// The points of one name, and what stands before and behind them.
    private struct Family {
        /// Name, description and unit.
        let head: [UInt8]
        let isSum: Bool
        var points: [UInt8] = []
    }

    private struct Head {
        let family: Int
        /// The metric's own labels.
        let extras: [UInt8]
    }

    private var out = ByteWriter(capacity: 0)
    private var row = RowSeries([])
    private var resource: [UInt8] = []
    private var attributes: [UInt8] = []
    private var families: [Family] = []
    private var numbers: [String: Int] = [:]
    /// By the shape's number.
    private var heads: [Head?] = []
    /// The families that have points in this resource, and how many bytes these take.
    private var open: [Int] = []
    private var openBytes = 0

    /// The field `scope` of `ScopeMetrics`.
    private static let scope = OTLPAttributes.field(
        0x0a, OTLPAttributes.field(0x0a, Array("sonde".utf8)) + OTLPAttributes.field(0x12, Array(Version.current.utf8)))
    /// The fields `aggregation_temporality` (cumulative) and `is_monotonic` of a `Sum`.
    private static let cumulative: [UInt8] = [0x10, 2, 0x18, 1]

    var byteCount: Int { out.count + openBytes }

    mutating func begin(_ row: RowSeries) {
        let own = row.otlp ?? OTLPAttributes(LabelBlock.labels(of: row.labels.bytes))
        row.otlp = own
        if own.resource != resource { closeResource() }
        (resource, attributes) = (own.resource, own.point)
    }

    mutating func sample(_ shape: MetricShape, _ value: Double, time: Int64, start: Int64) {
        let head = head(of: shape)
        let hasStart = shape.type == .counter && start > 0
        let isEnd = value.bitPattern == StaleMarker.value.bitPattern
        let size = (hasStart ? 9 : 0) + 9 + (isEnd ? 2 : 9) + attributes.count + head.extras.count
        if families[head.family].points.isEmpty { open.append(head.family) }
        openBytes += size + 4
        families[head.family].points.append(field: 0x0a, size)
        if hasStart { families[head.family].points.append(0x11, nanoseconds: start) }
        families[head.family].points.append(0x19, nanoseconds: max(time, 0))
        if isEnd {
            // flags = NO_RECORDED_VALUE.
            families[head.family].points += [0x40, 1]
        } else {
            families[head.family].points.append(0x21, word: value.bitPattern)
        }
        families[head.family].points += attributes
        families[head.family].points += head.extras
    }

    private mutating func head(of shape: MetricShape) -> Head {
        while heads.count <= shape.number { heads.append(nil) }
        if let head = heads[shape.number] { return head }
        let number = numbers[shape.name] ?? families.count
        if number == families.count {
            let texts = zip([UInt8(0x0a), 0x12, 0x1a], [shape.name, shape.help, shape.unit]).filter { !$1.isEmpty }
            families.append(
                Family(head: texts.flatMap { OTLPAttributes.field($0, Array($1.utf8)) }, isSum: shape.type == .counter))
            numbers[shape.name] = number
        }
        let head = Head(family: number, extras: shape.extras.flatMap { OTLPAttributes.attribute($0.name, $0.value) })
        heads[shape.number] = head
        return head
    }

    private mutating func closeResource() {
        guard !open.isEmpty else { return }
        var metrics = Self.scope
        for number in open {
            let family = families[number]
            let tail = family.isSum ? Self.cumulative : []
            var data: [UInt8] = []
            // sum = 7, gauge = 5.
            data.append(field: family.isSum ? 0x3a : 0x2a, family.points.count + tail.count)
            metrics.append(field: 0x12, family.head.count + data.count + family.points.count + tail.count)
            metrics += family.head
            metrics += data
            metrics += family.points
            metrics += tail
            families[number].points.removeAll(keepingCapacity: true)
        }
        var behind: [UInt8] = []
        behind.append(field: 0x12, metrics.count)
        let before = OTLPAttributes.field(0x0a, resource)
        var head: [UInt8] = []
        head.append(field: 0x0a, before.count + behind.count + metrics.count)
        for part in [head, before, behind, metrics] { out.append(part) }
        open.removeAll(keepingCapacity: true)
        openBytes = 0
    }

    mutating func finish() -> [UInt8] {
        closeResource()
        defer { out.removeAll() }
        return out.withUnsafeBytes { Array($0) }
    }
}

extension MetricShape {
    /// As UCUM writes it, which OpenTelemetry's conventions ask for: what the name says by Prometheus' conventions; empty for a plain number.
    fileprivate var unit: String {
        let stem = name.hasSuffix("_total") ? name.dropLast(6) : name[...]
        let units = ["_seconds": "s", "_bytes": "By", "_ratio": "1"]
        return units.first { stem.hasSuffix($0.key) }?.value ?? ""
    }
}

extension [UInt8] {
    /// The head of a field with a length.
    fileprivate mutating func append(field tag: UInt8, _ length: Int) {
        append(tag)
        var rest = length
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    fileprivate mutating func append(_ tag: UInt8, word: UInt64) {
        append(tag)
        Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(_ tag: UInt8, nanoseconds milliseconds: Int64) {
        append(tag, word: UInt64(milliseconds) &* 1_000_000)
    }
}
