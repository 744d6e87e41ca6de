import StatsCore
import TestSupport
import Testing

@testable import CLI

@Suite("Fuzz: answers of a collector") struct AnswerFuzzTests {
    private static let run = RunReport(
        id: "r", name: "test", state: .recording, intervalUs: 1_000_000, t0: "2026-11-21T08:00:00.000000Z", elapsedUs: 63_000_000,
        durationUs: 120_000_000, note: nil, ticksDue: 64, rows: ["host": 5], lastCommitAgeMs: 7, directory: "/data")
    private static let node = NodeReport(
        node: "n", agent: "a", monitor: "m", address: "127.0.0.1", isConnected: true, containers: 3, processes: 4, version: "1",
        clockOffsetUs: -5,
        clockErrorUs: 6, lastTickAgeMs: 7, ticks: 8, missing: ["away": 9], backlogFrames: 10, backlogBytes: 11)

    @Test("Whatever a collector answers, it is shown or refused")
    func answers() async throws {
        var status = StatusReport(
            collector: StatusReport.Collector(
                version: "1", uptimeS: 5, listen: "l", control: "c", data: "d", diskFreeBytes: 6, blocked: nil, lastCommitAgeMs: 7,
                missingTicks: ["away": 8], refused: ["busy": 9]), run: Self.run, nodes: [Self.node])
        status.run?.wallClockAheadUs = 3_600_000_000
        let containers = #"{"c1":{"name":"web","node":"n","cpu_percent":2.5,"memory_usage_bytes":4096,"pids":5}}"#
        let runs = try VerifyRunBuilder(missing: true).manifest
        let inputs = [
            try JSONCoding.encode(status), try JSONCoding.encode(InstancesReport(instances: 8, nodes: [Self.node])), Array(containers.utf8),
            try JSONCoding.encode(runs), try JSONCoding.encode([runs]),
        ]
        await Fuzz.run("answer", inputs, count: 500) { one in
            func show<Value: Presentable & Decodable>(_ type: Value.Type) { _ = (try? JSONCoding.decode(type, from: one.input))?.text }
            show(StatusReport.self)
            show(InstancesReport.self)
            show(RunManifest.self)
            if let values: [String: JSONValue] = try? JSONCoding.decode(from: one.input) {
                _ = ContainerList(containers: values).text
                for value in values.values { _ = ContainerValues(container: value).text }
            }
            if let value: JSONValue = try? JSONCoding.decode(from: one.input) { _ = try Output.json(value) }
        }
    }

    @Test("Whatever a collector streams, the screen shows it or passes it over")
    func stream() async throws {
        let node =
            #"{"node":"n1","connected":true,"cores":4,"cpu_percent":37.5,"memory_total_bytes":8589934592,"memory_available_bytes":1,"missing":{"a":1},"level":"warm"}"#
        let lost = #"{"node":"n2","connected":false,"lost_ms":12000,"last_tick_age_ms":7,"rx_bytes_per_s":5,"tx_bytes_per_s":6}"#
        let container =
            #"{"key":1,"id":"aa","name":"web","node":"n1","cpu_percent":120.5,"memory_usage_bytes":33554432,"pids":5,"troubles":[{"name":"x","text":"y"}]}"#
        let event =
            #"{"seq":1,"time":"2026-11-21T18:00:00.000Z","run":{"name":"t","elapsed_us":63000000,"ticks_due":64},"nodes":[\#(node),\#(lost)],"containers":[\#(container)],"events":[{"time":"x","kind":"oom"}],"gone_containers":[2]}"#
        await Fuzz.run("stream", [Array(event.utf8)], count: 500) { one in
            var parser = ServerEventParser()
            var model = TopModel()
            for event in try parser.feed((Array("event: snapshot\ndata: ".utf8) + one.input + Array("\n\n".utf8))[...]) {
                model.apply(ReceivedEvent(name: event.name, members: try JSONValue.object(event.data.span.bytes)))
            }
            for (columns, rows) in [(80, 24), (20, 5)] { _ = TopFixture.screen(model, columns: columns, rows: rows).map(\.text) }
        }
    }
}
