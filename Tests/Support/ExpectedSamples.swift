import Foundation
import TestSupport
import Testing

@testable import StatsCore

/// What the rows of a run are as samples: the CSV files say the values and instants, docs/PROMETHEUS.md the names. Nothing of how samples are made or sent is used for it.
struct ExpectedSamples {
    /// By labels, and there by milliseconds since 1970.
    private(set) var series: [[String: String]: [Int64: Double]] = [:]
    private let node: String
    /// Of the run's first and last tick.
    private var span: ClosedRange<Int64>

    init(_ run: RecordedRun, node: String) throws {
        self.node = node
        let last = try #require(run.manifest.lastTick)
        func instant(_ tick: Int) -> Int64 { run.manifest.t0Us + Int64(tick) * run.manifest.intervalUs }
        span = instant(0) / 1000...instant(Int(last)) / 1000
        for table in Exposition.tables(withProcesses: false) {
            for row in try run.table(table.id.name).rows where row.node == node {
                add(row, table, at: instant(row.tick))
            }
        }
        for tick in try run.ticks(of: node) {
            let time = instant(tick)
            series[["__name__": "node_time_seconds"].merging(facts) { $1 }, default: [:]][time / 1000] = Double(time) / 1e6
        }
    }

    private var facts: [String: String] { ["node": node, "instance": node, "job": "sonde"] }
    var count: Int { series.values.reduce(0) { $0 + $1.count } }

    private mutating func add(_ row: CSVTable.Row, _ table: MetricTable, at time: Int64) {
        var labels = facts
        for label in table.labels { labels[label.name] = row[label.column] }
        for (index, metric) in table.metrics.enumerated() {
            guard let number = row.decimal(metric.column) else { continue }
            labels["__name__"] = metric.name
            var own = labels
            for pair in metric.labels.matches(of: /(\w+)="([^"]*)"/) { own[String(pair.1)] = String(pair.2) }
            let value =
                switch metric.value {
                case .itself: table.isTime[index] ? number / 1e6 : number
                case .times(let factor): number * factor
                case .constant(let constant): constant
                case .instantBefore: ((Double(time) - number) / 1e6).rounded()
                }
            // Of two rows with the same labels the first counts.
            if series[own]?[time / 1000] == nil { series[own, default: [:]][time / 1000] = value }
        }
    }

    /// Waits until a store has each of them, with the same value and no other instants of the run in between.
    func arrive(in store: MetricsStore, within limit: Duration = .seconds(100)) async throws {
        var faults: [String] = []
        do {
            try await eventually("the samples in \(store.kind)", within: limit, every: .milliseconds(500)) {
                faults = try self.faults(in: store)
                return faults.isEmpty
            }
        } catch let never as NeverCame {
            throw NeverCame(description: "\(never): \(faults.count) faults, such as \(faults.prefix(5))")
        }
    }

    /// What differs between a store and the run, in words.
    private func faults(in store: MetricsStore) throws -> [String] {
        var stored: [[String: String]: [Int64: Double]] = [:]
        for one in try store.query("{node=\"\(node)\"}[1h]") {
            let points = one.points.map { (Int64(($0.time * 1000).rounded()), $0.value) }
            stored[one.labels] = Dictionary(points) { $1 }
        }
        var faults: [String] = []
        for (labels, points) in series {
            let there = stored[labels, default: [:]]
            for (time, value) in points where !Self.isSame(there[time], value, in: store) {
                faults.append("\(labels) at \(time): \(there[time].map { "\($0)" } ?? "nothing"), and not \(value)")
            }
            let more = there.keys.filter { span.contains($0) && points[$0] == nil }
            if !more.isEmpty { faults.append("\(labels) has samples at \(more.sorted().prefix(5)), which the run hasn't") }
        }
        let names = Set(series.keys.compactMap { $0["__name__"] })
        for (labels, points) in stored where series[labels] == nil && names.contains(labels["__name__"] ?? "") {
            if points.keys.contains(where: span.contains) { faults.append("\(labels) isn't in the run") }
        }
        return faults
    }

    /// VictoriaMetrics keeps decimal numbers of some 15 digits, Prometheus every bit.
    private static func isSame(_ one: Double?, _ other: Double, in store: MetricsStore) -> Bool {
        guard let one else { return false }
        return store.kind == .prometheus ? one == other : abs(one - other) <= abs(other) * 1e-12
    }
}
