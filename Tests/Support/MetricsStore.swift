import Foundation
import Glibc
import TestSupport
import Testing

/// A store of metrics that takes remote write, of Debian's packages, as a process of the test's own on a port of loopback. It can be stopped, killed and started again.
final class MetricsStore {
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case victoriaMetrics, prometheus

        var program: String { self == .prometheus ? "prometheus" : "victoria-metrics" }
        var testDescription: String { program }
    }

    /// A series of an answer.
    struct Series {
        struct Point: Equatable {
            /// In seconds since 1970.
            let time: Double
            let value: Double
        }
        let labels: [String: String]
        let points: [Point]
    }

    let kind: Kind
    private(set) var child: Child
    private let scene: Scene
    private let port: ReservedPort
    private let arguments: [String]

    /// Where it takes remote write.
    var url: String { "http://127.0.0.1:\(port.number)/api/v1/write" }
    /// Its HTTP port.
    var client: ControlClient { ControlClient(port: port.number) }

    /// Starts a store, and waits until it answers.
    init(_ kind: Kind, _ scene: Scene, options: [String] = []) async throws {
        self.kind = kind
        self.scene = scene
        port = try ReservedPort()
        let data = try scene.makeDirectory("\(kind)-\(port.number)")
        let address = "127.0.0.1:\(port.number)"
        switch kind {
        case .victoriaMetrics: arguments = ["-storageDataPath=\(data)", "-httpListenAddr=\(address)"] + options
        case .prometheus:
            let file = scene.path("prometheus-\(port.number).yaml")
            try "scrape_configs: []\n".write(toFile: file, atomically: true, encoding: .utf8)
            arguments =
                [
                    "--config.file=\(file)", "--storage.tsdb.path=\(data)", "--web.listen-address=\(address)",
                    "--web.enable-remote-write-receiver",
                ]
                + options
        }
        child = try scene.start(kind.program, arguments)
        let port = port
        scene.later { port.release() }
        try await isReady()
    }

    /// Starts it again, with what it has on its disk and on the same port, after it was stopped or killed.
    func startAgain() async throws {
        child = try scene.start(kind.program, arguments)
        try await isReady()
    }

    private func isReady() async throws {
        let path = kind == .prometheus ? "/-/ready" : "/health"
        try await eventually("\(kind.program)\n\(child.diary)") { (try? self.client.send("GET", path).status) == 200 }
    }

    /// The answer to a query at an instant (by default now): of a selector with a range, all raw samples of it, without the markers that end series.
    func query(_ query: String, at time: Double? = nil) throws -> [Series] {
        let encoded = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let instant = time.map { "&time=\($0)" } ?? ""
        // VictoriaMetrics answers as of 30 seconds ago else.
        let answer = try client.send("GET", "/api/v1/query?query=\(encoded)\(instant)&nocache=1")
        guard answer.status == 200 else { throw Child.Failure(description: "\(kind.program) answered \(answer) to \(query)") }
        let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] ?? [:]
        let result = (object["data"] as? [String: Any])?["result"] as? [[String: Any]] ?? []
        return result.map { series in
            let pairs = series["values"] as? [[Any]] ?? (series["value"] as? [Any]).map { [$0] } ?? []
            let points = pairs.compactMap(Self.point).filter { series["values"] == nil || !$0.value.isNaN }
            return Series(labels: series["metric"] as? [String: String] ?? [:], points: points)
        }
    }

    /// The value of the only series in an answer; `nil` when there is none, or more than one.
    func value(_ query: String) throws -> Double? {
        let series = try self.query(query)
        return series.count == 1 ? series[0].points.last?.value : nil
    }

    /// Its own counters: the sum of all samples of a name at its `/metrics`, which is 0 for a name that isn't there.
    func counter(_ name: String, having labels: String = "") throws -> Double {
        let text = try client.send("GET", "/metrics").text
        return text.split(separator: "\n").filter { line in
            line.hasPrefix(name) && [" ", "{"].contains(line.dropFirst(name.count).first) && line.contains(labels)
        }.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }

    private static func point(_ pair: [Any]) -> Series.Point? {
        guard pair.count == 2, let time = (pair[0] as? NSNumber)?.doubleValue, let text = pair[1] as? String, let value = Double(text)
        else {
            return nil
        }
        return Series.Point(time: time, value: value)
    }
}

extension Trait where Self == ConditionTrait {
    /// A test that needs the programs of Debian's packages prometheus and victoria-metrics. It is skipped where they aren't installed, except in CI.
    static var stores: Self {
        .enabled("needs Debian's prometheus and victoria-metrics") {
            ["prometheus", "promtool", "victoria-metrics", "vmalert"].allSatisfy { access("/usr/bin/\($0)", X_OK) == 0 }
                || ProcessInfo.processInfo.environment["SONDE_REQUIRE_ENGINE"] == "1"
        }
    }
}
