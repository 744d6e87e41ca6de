/// Turns records of ticks into requests: it knows the series of every node, and ends those that are gone.
package final class SeriesEncoder {
    /// What one connection sends.
    private final class Shard {
        var writer: RequestWriter

        init(_ protocol: RemoteWriteProtocol) { writer = RequestWriter(`protocol`) }
    }

    private(set) var `protocol`: RemoteWriteProtocol
    /// Of one request, about.
    package var mostSamples: Int
    private let mostBytes = 2 << 20
    /// How long a node that is gone is known (microseconds).
    private static let memory: Int64 = 3_600_000_000
    private let labels: [(name: String, value: String)]
    private var shards: [Shard]
    private var nodes: [String: NodeSeries] = [:]
    private var own: [String: ToldSeries] = [:]
    private var columns: [UInt64: [RowScan.Columns?]] = [:]
    private let lookUp: (UInt64) -> SenderColumns?
    private var ready: [WriteRequest] = []

    /// - Parameters:
    ///   - labels: that every series gets which hasn't one of that name.
    ///   - mostSamples: of one request, about.
    ///   - lookUp: the columns of a number that records have.
    package init(
        _ protocol: RemoteWriteProtocol, shards: Int, labels: [(name: String, value: String)] = [], mostSamples: Int = 10_000,
        lookUp: @escaping (UInt64) -> SenderColumns?
    ) {
        self.protocol = `protocol`
        self.mostSamples = mostSamples
        self.labels = labels
        self.shards = (0..<max(shards, 1)).map { _ in Shard(`protocol`) }
        self.lookUp = lookUp
    }

    /// Goes on in another protocol, with the same series. What waits in requests has to be handed out before.
    package func change(to protocol: RemoteWriteProtocol) {
        self.protocol = `protocol`
        shards = shards.map { _ in Shard(`protocol`) }
    }

    /// How many samples wait in requests that aren't handed out yet.
    package var samples: Int { shards.reduce(ready.reduce(0) { $0 + $1.samples }) { $0 + $1.writer.samples } }

    /// Adds a record's samples.
    /// - Returns: whose values it has, and of when; `nil` for a record that can't be read.
    package func take(_ bytes: RawSpan) -> TickRecord? {
        guard let record = TickRecord(bytes) else { return nil }
        switch record.kind {
        case .own:
            let series = own[record.node] ?? ToldSeries(instance: record.node, labels: labels)
            own[record.node] = series
            write(0) { series.write(bytes.extracting(record.body...), time: record.time, to: &$0) }
        case .tick:
            guard let columns = columns(of: record.columns) else { return nil }
            let series = nodes[record.node] ?? NodeSeries(node: record.node, labels: labels)
            nodes[record.node] = series
            write(shard(of: record.node)) { series.write(record, bytes, columns: columns, to: &$0) }
        }
        return record
    }

    private func columns(of number: UInt64) -> [RowScan.Columns?]? {
        if let known = columns[number] { return known }
        guard let sender = lookUp(number) else { return nil }
        let new = TableShape.all.map { shape in sender.tables[shape.table.id.name].map { RowScan.Columns(shape, $0) } }
        columns[number] = new
        return new
    }

    private func shard(of node: String) -> Int {
        var hash: UInt32 = 0x811c_9dc5
        for byte in node.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return Int(hash % UInt32(shards.count))
    }

    private func write(_ number: Int, _ body: (inout RequestWriter) -> Void) {
        body(&shards[number].writer)
        if shards[number].writer.samples >= mostSamples || shards[number].writer.byteCount >= mostBytes { finish(number) }
    }

    private func finish(_ number: Int) {
        let samples = shards[number].writer.samples
        guard samples > 0 else { return }
        ready.append(WriteRequest(protocol: `protocol`, shard: number, body: shards[number].writer.finish(), samples: samples))
    }

    /// What version 1 has sent samples of.
    var sentShapes: [MetricShape] {
        let all = TableShape.all.flatMap(\.metrics) + NodeSeries.factShapes + own.values.flatMap(\.shapes.values)
        return all.filter { shape in shards.contains { $0.writer.hasSent(shape) } }
    }

    /// Ends the series of nodes from which nothing has come for `patience` and three of its intervals before `now`; all in microseconds.
    package func endSilent(at now: Int64, patience: Int64) {
        for (name, node) in nodes where now - node.time > node.patience(besides: patience) {
            end(node)
            // It is kept for a while: when it comes back, it is known how often it comes.
            if now - node.time > Self.memory { nodes[name] = nil }
        }
        for (name, series) in own where now - series.time > patience * 3 {
            own[name] = nil
            write(0) { series.end(to: &$0) }
        }
    }

    /// Ends all series: nobody sends any more.
    package func endAll() {
        for node in nodes.values { end(node) }
        nodes = [:]
        endSilent(at: .max / 2, patience: 0)
    }

    private func end(_ node: NodeSeries) {
        guard node.hasSeries else { return }
        write(shard(of: node.node)) { node.end(to: &$0) }
    }

    /// Hands out all requests, those of a shard in their order.
    package func finish() -> [WriteRequest] {
        for number in shards.indices { finish(number) }
        defer { ready = [] }
        return ready
    }
}
