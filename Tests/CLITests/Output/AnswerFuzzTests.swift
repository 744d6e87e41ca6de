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

    @Test("Whatever several collectors answer to a start and a stop, their run begins and ends somewhere or is refused")
    func groups() async throws {
        var run = Self.run
        let member = RecordingGroup.Member(collector: "c1:9880", t0Us: 1_700_000_000_000_000, clockAheadUs: 0, clockErrorUs: 50)
        run.group = RecordingGroup(id: "g", place: 0, collectors: [member, member])
        let inputs = [
            try JSONCoding.encode(ClockReport(receivedUs: 1_700_000_000_000_000, sentUs: 1_700_000_000_000_005)),
            try JSONCoding.encode(HeldReport(group: "g", run: "r", nodes: ["n"], leadUs: 300_000, heldUs: 30_000_000)),
            try JSONCoding.encode(run),
        ]
        await Fuzz.run("group", inputs, count: 500) { one in
            var collector = try GroupGridTests.collector("c1:9880", 1_700_000_000_000_000, error: 50)
            if let clock: ClockReport = try? JSONCoding.decode(from: one.input) {
                var estimator = OffsetEstimator()
                estimator.note(t1: 5_000_000, t2: clock.receivedUs, t3: clock.sentUs, t4: 5_000_100)
                if let estimate = estimator.estimate { collector = GroupGrid.Collector(name: "c1:9880", clock: estimate) }
            }
            if let held: HeldReport = try? JSONCoding.decode(from: one.input) { collector.lead = GroupStart.lead(of: held) }
            #expect(RecordingGroup(id: "g", place: 0, collectors: GroupGrid([collector, collector], now: 5_000_000).members).fault == nil)
            guard let run: RunReport = try? JSONCoding.decode(from: one.input) else { return }
            _ = run.text
            let report = CollectorAnswer(
                collector: "c1:9880",
                result: .success(
                    StatusReport(
                        collector: StatusReport.Collector(
                            version: "1", uptimeS: 5, listen: "l", control: "c", data: "d", diskFreeBytes: 6, blocked: nil,
                            lastCommitAgeMs: 7, missingTicks: [:], refused: [:]), run: run, nodes: [])))
            _ = GroupReport([report, report]).text
            _ = run.group?.fault
            if let t0 = run.group?.own?.t0Us {
                _ = GroupGrid.lastTick([(t0, collector)], interval: run.intervalUs, now: 5_000_000)
            }
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
