import NIOCore
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Fuzz: answers of an engine") struct EngineFuzzTests {
    @Test("Whatever counters an engine answers, they are read or refused")
    func stats() async throws {
        let inputs = try ["stats-v1.json", "stats-v2.json", "stats-v1-blkio.json", "stats-not-running.json"].map(EngineFixture.bytes)
        let board = StatsBoard()
        await Fuzz.run("stats", inputs, count: 400) { one in
            board.request(ids: ["c"])
            guard let reading = try EngineStats.decode(one.input.span.bytes) else { return }
            board.answer("c", .reading(reading))
            let sample = CPURate.Sample(
                cpu: reading.counters.cpu ?? 0, instant: reading.monotonic, systemCPU: reading.systemCPU, onlineCPUs: reading.onlineCPUs)
            _ = CPURate.percent(from: CPURate.Sample(cpu: 0, instant: 0, systemCPU: 0, onlineCPUs: 1), to: sample)
            _ = (reading.counters.memoryWorkingSet, reading.counters.memoryPercent)
        }
    }

    @Test("Whatever an engine says of its containers, it is taken or refused")
    func containers() async throws {
        let list = #"[{"Id":"aa","Names":["/web"],"Image":"nginx","State":"running","Status":"Up 2 hours (healthy)","Labels":{"a":"b"}}]"#
        let inspected = try EngineFixture.bytes("inspect.json")
        await Fuzz.run("containers", [Array(list.utf8), inspected], count: 400) { one in
            var news = EngineNews(index: ContainerIndex())
            news.askForList()
            _ = news.takeRequest()
            if let listed: [ListedContainer] = try? JSONCoding.decode(from: one.input) { news.take(listed) }
            let answer: InspectedContainer? = try? JSONCoding.decode(from: one.input)
            while case .inspect(let ticket)? = news.takeRequest() {
                news.take(answer.map { .success($0) } ?? .failure(EngineError(.badAnswer, socket: "")), for: ticket)
            }
            _ = answer.map { ContainerInfo($0) }
            _ = EngineAPI.message(in: ByteBuffer(bytes: one.input))
            if let version: EngineVersion = try? JSONCoding.decode(from: one.input) { _ = APIVersion(version.apiVersion) }
        }
    }

    @Test("Whatever events come, however they are cut, each line is taken or refused")
    func events() async throws {
        let lines = try EngineFixture.bytes("events.jsonl").split(separator: UInt8(ascii: "\n")).prefix(8).map {
            Array($0) + [UInt8(ascii: "\n")]
        }
        let known = #"[{"Id":"aa","Names":["/web"],"State":"running"}]"#
        await Fuzz.run("events", lines + [lines.flatMap { $0 }], count: 600) { one in
            var news = EngineNews(index: ContainerIndex())
            news.take(try JSONCoding.decode([ListedContainer].self, from: Array(known.utf8)))
            var parser = EngineLines()
            var rest = one.input[...]
            while !rest.isEmpty {
                let part = rest.prefix(Int.random(in: 1...200, using: &one.random))
                rest = rest.dropFirst(part.count)
                for line in parser.append(ByteBuffer(bytes: part)) {
                    guard let event: EngineEvent = try? JSONCoding.decode(from: line.readableBytesView) else { continue }
                    news.take(event)
                    _ = event.posted(as: "x", exitCode: .min)
                }
            }
            while news.takeRequest() != nil {}
        }
    }
}
