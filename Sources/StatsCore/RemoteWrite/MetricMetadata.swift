extension SeriesEncoder {
    /// Type and help of each name that was sent, in a request of its own, which has no samples: version 1.0 knows them nowhere else (Prometheus' `prompb/types.proto`,
    /// `MetricMetadata`), and Prometheus sends one such a minute.
    /// - Returns: `nil` for another protocol, which has them beside the samples.
    package func metadata() -> WriteRequest? {
        guard `protocol` == .one else { return nil }
        var names: Set<String> = []
        var body: [UInt8] = []
        for shape in sentShapes where names.insert(shape.name).inserted {
            var entry = shape.type.number > 0 ? [0x08, shape.type.number] : []
            for (tag, text) in [(UInt8(0x12), shape.name), (0x22, shape.help)] {
                entry += [tag] + LEB128.bytes(text.utf8.count) + Array(text.utf8)
            }
            body += [0x1a] + LEB128.bytes(entry.count) + entry
        }
        let compressed = body.withUnsafeBytes { SnappyCompressor().compressed($0) }
        return WriteRequest(protocol: .one, shard: 0, body: compressed, samples: 0)
    }
}
