import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Receivers as they are out there: one that knows version 2.0, and those that misbehave.
    @Suite("Remote write to receivers of every kind", .enabled(if: RemoteWriteReceiver.python != nil, "needs SONDE_PYTHON"))
    struct RemoteWriteReceivers {
        @Test(
            "Version 2.0 is the published message: symbols, types and help as at /metrics, start times that are before each sample; a receiver that doesn't know it gets 1.0",
            arguments: ["take", "only1", "mute"])
        func versionTwo(path: String) async throws {
            try await Scene.run { scene in
                let receiver = try await RemoteWriteReceiver(scene)
                let collector = try await scene.collector(
                    options: ["--remote-write", receiver.url("\(path)/two"), "--remote-write-protocol", "2.0"])
                _ = try await scene.connectedAgent(collector)
                let last = try await Self.recorded(collector)
                try await eventually("the last tick\n\(collector.child.diary)") {
                    try receiver.instants("two", of: "node_time_seconds", node: "here").contains(last)
                }
                let requests = try receiver.requests("two")
                #expect(receiver.faults.isEmpty, "\(receiver.faults.prefix(5))")
                #expect(requests.allSatisfy { $0.version == (path == "take" ? 2 : 1) })
                #expect(try collector.control.status().remoteWrite?.first?.version == (path == "take" ? "2.0" : "1.0"))
                guard path == "take" else { return }
                let metrics = try collector.control.send("GET", "/metrics").text
                let types = Self.words("TYPE", metrics).mapValues { $0 == "untyped" ? "unspecified" : $0 }
                let helps = Self.words("HELP", metrics)
                for series in requests.flatMap(\.series) where types[series.name] != nil {
                    #expect(series.type == types[series.name] && series.help == helps[series.name], "\(series.name)")
                }
                // A marker that ends a series, where the host came too late for a tick, tells none.
                let points = requests.flatMap(\.series).filter { $0.name == "node_cpu_seconds_total" }.flatMap(\.points)
                let starts = points.filter { $0.value != nil }.map(\.start)
                #expect(!starts.isEmpty && starts.allSatisfy { $0 > 0 }, "since when the host counts")
            }
        }

        @Test(
            "OTLP is the published message, with the values of the run's files, types and descriptions as at /metrics, and the host as its resource"
        )
        func otlp() async throws {
            try await Scene.run { scene in
                let receiver = try await RemoteWriteReceiver(scene)
                let collector = try await scene.collector(
                    options: ["--remote-write", receiver.url("otlp/it"), "--remote-write-protocol", "otlp"])
                _ = try await scene.connectedAgent(collector)
                let last = try await Self.recorded(collector)
                try await eventually("the last tick\n\(collector.child.diary)\n\(receiver.faults)") {
                    try receiver.instants("it", of: "node_time_seconds", node: "here").contains(last)
                }
                #expect(receiver.faults.isEmpty, "\(receiver.faults.prefix(5))")
                let series = try receiver.requests("it").flatMap(\.series)
                var values: [[String: String]: [Int64: Double]] = [:]
                for one in series { for point in one.points { values[one.labels, default: [:]][point.milliseconds] = point.value } }
                let expected = try ExpectedSamples(RecordedRun(collector.data + "/run"), node: "here")
                #expect(expected.series.count > 100)
                for (labels, points) in expected.series {
                    for (time, value) in points { #expect(values[labels]?[time] == value, "\(labels) at \(time)") }
                }
                let metrics = try collector.control.send("GET", "/metrics").text
                let (types, helps) = (Self.words("TYPE", metrics), Self.words("HELP", metrics))
                for one in series where types[one.name] != nil {
                    #expect(one.type == (types[one.name] == "counter" ? "counter" : "gauge") && one.help == helps[one.name], "\(one.name)")
                    if one.labels["node"] == "here" { #expect(one.resource?["host.name"] == "here") }
                }
                #expect(
                    series.contains {
                        $0.name == "node_cpu_seconds_total" && $0.unit == "s" && $0.points.allSatisfy { $0.value == nil || $0.start > 0 }
                    })
                #expect(series.contains { $0.name == "node_memory_MemTotal_bytes" && $0.unit == "By" })
                #expect(try collector.control.status().remoteWrite?.first?.version == "otlp")
            }
        }

        @Test("Points that a receiver of OTLP rejects are counted, and its words are told")
        func partialSuccess() async throws {
            try await Scene.run { scene in
                let receiver = try await RemoteWriteReceiver(scene)
                let collector = try await scene.collector(
                    options: ["--remote-write", receiver.url("partly/it"), "--remote-write-protocol", "otlp"])
                let report = try await eventually("a rejected point\n\(collector.child.diary)") {
                    try collector.control.status().remoteWrite?.first { $0.dropped["receiver"] ?? 0 > 0 }
                }
                #expect(report.up && report.reason?.contains("node_load1 isn't wanted here") == true)
                try await collector.child.says("node_load1 isn't wanted here")
                #expect(receiver.faults.isEmpty, "\(receiver.faults.prefix(5))")
            }
        }

        @Test("A receiver of version 1.0 is told the type and the help of each name, as at /metrics")
        func metadata() async throws {
            try await Scene.run { scene in
                let receiver = try await RemoteWriteReceiver(scene)
                let collector = try await scene.collector(options: ["--remote-write", receiver.url("take/it")])
                _ = try await scene.connectedAgent(collector)
                let told = try await eventually("types\n\(collector.child.diary)") {
                    let told = try receiver.requests("it").flatMap(\.series).filter { $0.type != nil }
                    return told.isEmpty ? nil : told
                }
                let metrics = try collector.control.send("GET", "/metrics").text
                let (types, helps) = (Self.words("TYPE", metrics), Self.words("HELP", metrics))
                for one in told where types[one.name] != nil {
                    #expect(
                        one.type == (types[one.name] == "untyped" ? "unspecified" : types[one.name]) && one.help == helps[one.name],
                        "\(one.name)")
                }
                #expect(Set(told.map(\.name)).count == told.count && told.contains { $0.name.hasPrefix("sonde_") })
                #expect(receiver.faults.isEmpty, "\(receiver.faults.prefix(5))")
            }
        }

        @Test(
            "A receiver that asks for patience, or is slow, gets everything in the end, at its pace", arguments: ["busy", "slow"])
        func patient(path: String) async throws {
            try await Scene.run { scene in
                let receiver = try await RemoteWriteReceiver(scene)
                let words = ["--remote-write", receiver.url("\(path)/it"), "--remote-write-connections", "1"]
                let collector = try await scene.collector(options: words)
                _ = try await scene.connectedAgent(collector)
                let last = try await Self.recorded(collector)
                try await eventually("the last tick\n\(collector.child.diary)") {
                    try receiver.instants("it", of: "node_time_seconds", node: "here").contains(last)
                }
                let run = try RecordedRun(collector.data + "/run")
                let there = Set(try receiver.instants("it", of: "node_time_seconds", node: "here"))
                let ticks = try run.ticks(of: "here").map { (run.manifest.t0Us + Int64($0) * run.manifest.intervalUs) / 1000 }
                #expect(there.isSuperset(of: ticks))
                #expect(receiver.faults.isEmpty, "\(receiver.faults.prefix(5))")
                let report = try #require(try collector.control.status().remoteWrite?.first)
                #expect(report.lost.isEmpty && (path == "slow" || report.failures["status_429"] ?? 0 > 0))
                guard path == "busy" else { return }
                // Of each three requests the first two are refused for a second.
                let moments = receiver.moments("it")
                for index in moments.indices.dropFirst() where index % 3 != 0 { #expect(moments[index] - moments[index - 1] >= 1) }
            }
        }

        @Test("A receiver that doesn't want one series gets all others, and that series is named")
        func picky() async throws {
            try await Scene.run { scene in
                let receiver = try await RemoteWriteReceiver(scene)
                let collector = try await scene.collector(options: ["--remote-write", receiver.url("picky/it")])
                _ = try await scene.connectedAgent(collector)
                let last = try await Self.recorded(collector)
                // All that is told of the tick but that one.
                try await eventually("the last tick\n\(collector.child.diary)") {
                    try ["node_time_seconds", "node_load5", "node_load15", "node_memory_MemTotal_bytes", "sonde_agent_read_seconds"]
                        .allSatisfy {
                            try receiver.instants("it", of: $0, node: "here").contains(last)
                        }
                }
                #expect(receiver.faults.isEmpty, "\(receiver.faults.prefix(5))")
                #expect(try receiver.instants("it", of: "node_load1", node: "here").isEmpty)
                let report = try #require(try collector.control.status().remoteWrite?.first)
                #expect(report.dropped["refused"] ?? 0 > 0 && report.reason?.contains("node_load1 isn't wanted here") != false)
                try await collector.child.says(#"node_load1{"#, "isn't wanted here")
            }
        }

        @Test("What a wrong address or a receiver that isn't switched on refuses waits, and all of it is there when that is mended")
        func mended() async throws {
            try await Scene.run { scene in
                let receiver = try await RemoteWriteReceiver(scene)
                let collector = try await scene.collector(options: ["--remote-write", receiver.url("mended/it")])
                _ = try await scene.connectedAgent(collector)
                let last = try await Self.recorded(collector)
                let run = try RecordedRun(collector.data + "/run")
                let ticks = try run.ticks(of: "here").map { (run.manifest.t0Us + Int64($0) * run.manifest.intervalUs) / 1000 }
                try await eventually("the last tick\n\(collector.child.diary)") {
                    try receiver.instants("it", of: "sonde_agent_read_seconds", node: "here").contains(last)
                }
                #expect(try Set(receiver.instants("it", of: "sonde_agent_read_seconds", node: "here")).isSuperset(of: ticks))
                let report = try #require(try collector.control.status().remoteWrite?.first)
                #expect(report.up && report.dropped.isEmpty && report.failures["status_404"] ?? 0 > 0, "\(report)")
                try await collector.child.says("unsupported path")
            }
        }

        /// What a receiver does, and what the status says of it; `nil` where nothing can be told at once.
        static let bad: [(path: String, word: String?)] = [
            ("nothing", nil), ("html", "HTML"), ("redirect", "redirect"), ("endless", "no end"), ("close", "closed"), ("rubbish", "HTTP"),
            ("refuse", "403"), ("hang", nil),
        ]

        @Test(
            "A receiver that misbehaves is told of in words, and delays neither the recording nor another receiver nor the collector's end",
            arguments: bad)
        func misbehaving(path: String, word: String?) async throws {
            try await Scene.run { scene in
                let receiver = try await RemoteWriteReceiver(scene)
                let collector = try await scene.collector(
                    options: ["--remote-write", receiver.url(path), "--remote-write", receiver.url("take/good")])
                _ = try await scene.connectedAgent(collector)
                let last = try await Self.recorded(collector)
                try RecordedRun(collector.data + "/run").checkWhole("here")
                try await eventually("the last tick\n\(collector.child.diary)") {
                    try receiver.instants("good", of: "node_time_seconds", node: "here").contains(last)
                }
                #expect(receiver.faults.isEmpty, "\(receiver.faults.prefix(5))")
                let reports = try await eventually("a word about the receiver\n\(collector.child.diary)") {
                    let reports = try collector.control.status().remoteWrite ?? []
                    return word == nil || reports.first?.reason?.contains(word ?? "") == true ? reports : nil
                }
                #expect(reports.count == 2 && reports[1].up && reports[1].lost.isEmpty && reports[1].samples > 0)
                #expect(word == nil || !reports[0].up)
                // Who answers that all is well is believed.
                if path == "nothing" { #expect(reports[0].up && reports[0].samples > 0) }
                #expect(try await collector.child.terminate() == 0)
            }
        }

        /// Records two seconds, and returns the instant of the last tick in milliseconds.
        private static func recorded(_ collector: Collector) async throws -> Int64 {
            try collector.control.start("run", "interval=200ms&duration=2s&expect=1")
            try await collector.control.runOver()
            let run = try RecordedRun(collector.data + "/run")
            let last = try #require(run.ticks(of: "here").last)
            return (run.manifest.t0Us + Int64(last) * run.manifest.intervalUs) / 1000
        }

        /// What `# TYPE` or `# HELP` says of each name.
        private static func words(_ what: String, _ metrics: String) -> [String: String] {
            let lines = metrics.split(separator: "\n").filter { $0.hasPrefix("# \(what) ") }.map { $0.split(separator: " ", maxSplits: 3) }
            return Dictionary(lines.filter { $0.count == 4 }.map { (String($0[2]), String($0[3])) }) { first, _ in first }
        }
    }
}
