import Foundation
import NIOCore
import StatsCore
import Testing

@testable import Agent

@Suite("What the watcher takes for news") struct EngineRosterTests {
    private func info(_ id: String, startedAt: String? = "2026-11-21T09:00:00Z", name: String = "web") -> ContainerInfo {
        ContainerInfo(
            id: id, name: name, image: "i", labels: [:], initPID: 7, state: "running", startedAt: startedAt)
    }

    private func listed(_ id: String, name: String = "/web", state: String = "running", status: String = "Up") -> ListedContainer {
        ListedContainer(id: id, names: [name], image: "i", state: state, status: status)
    }

    private func event(_ action: String, _ id: String, _ time: Int64) -> EngineEvent {
        EngineEvent(type: "container", action: action, actor: .init(id: id, attributes: [:]), timeNano: time)
    }

    @Test("A start that the list has found first is not told again by its event")
    func startTwice() {
        var roster = EngineRoster()
        let isNew = [
            roster.started(info("a")), roster.started(info("a")), roster.started(info("a", startedAt: "2026-11-21T09:00:05Z")),
        ]
        #expect(isNew == [true, false, true])
    }

    @Test("An end that the list has found first is not told again by its event")
    func endTwice() {
        var roster = EngineRoster()
        _ = roster.started(info("a"))
        roster.vanished("a")
        let endings = [roster.ended("a", at: nil), roster.ended("a", at: nil)]
        #expect(endings == [.known, .ended])
    }

    @Test("The end of a life before the present one does not end the present one")
    func earlierStart() throws {
        var roster = EngineRoster()
        _ = roster.started(info("a"))
        let start = try #require(Timestamp.nanoseconds("2026-11-21T09:00:00Z"))
        let earlier = roster.ended("a", at: start - 1)
        #expect(earlier == .earlierStart)
        #expect(roster.running["a"] != nil)
        let present = roster.ended("a", at: start + 1)
        #expect(present == .ended)
        #expect(roster.running["a"] == nil)
    }

    @Test("After a new connection the events at the last instant come again and are known")
    func replay() {
        var roster = EngineRoster()
        let told = [event("start", "a", 5), event("start", "b", 6), event("oom", "b", 6)].map { roster.isRepeated($0) }
        #expect(told == [false, false, false])
        #expect(roster.latestEvent == 6)
        let again = [event("start", "b", 6), event("oom", "b", 6), event("die", "b", 7)].map { roster.isRepeated($0) }
        #expect(again == [true, true, false])
    }

    @Test("A list gives reason to look at what is new, looks different or couldn't be inspected, and tells what is gone")
    func compare() {
        var roster = EngineRoster()
        _ = roster.started(info("same"))
        _ = roster.started(info("paused"))
        _ = roster.started(info("sick"))
        _ = roster.started(info("renamed"))
        _ = roster.started(info("stuck"), isComplete: false)
        _ = roster.started(info("gone"))
        let (toInspect, gone) = roster.compare(with: [
            listed("same"), listed("paused", state: "paused"), listed("sick", status: "Up 3 seconds (unhealthy)"),
            listed("renamed", name: "/other"), listed("stuck"), listed("new"),
        ])
        #expect(toInspect.map(\.id) == ["paused", "sick", "renamed", "stuck", "new"])
        #expect(gone.map(\.id) == ["gone"])
    }

    @Test("The health stands in the list's text for people")
    func health() {
        #expect(listed("a", status: "Up 2 hours (healthy)").health == "healthy")
        #expect(listed("a", status: "Up 2 hours (unhealthy)").health == "unhealthy")
        #expect(listed("a", status: "Up 1 second (health: starting)").health == "starting")
        #expect(listed("a", status: "Up 2 hours (Paused)").health == nil)
    }

    @Test("An inspect gives name, limits and pid")
    func inspect() throws {
        let data = Data(try EngineFixture.bytes("inspect.json"))
        let info = ContainerInfo(try JSONDecoder().decode(InspectedContainer.self, from: data))
        #expect(info.name == "disky")
        #expect(info.image == "sonde-lab")
        #expect(info.labels == ["sonde-lab": "1"])
        #expect(info.cpuLimit == 0.5)
        #expect(info.memoryLimit == 67_108_864)
        #expect(info.pidsLimit == nil)
        #expect(info.health == nil)
        #expect(info.restarts == 0)
        #expect(info.network == .own)
        #expect((info.initPID ?? 0) > 0)
    }

    @Test("The CPU limit is a quota over a period when it isn't given in cores")
    func quota() {
        #expect(InspectedContainer.HostConfig(cpuQuota: 150_000, cpuPeriod: 50_000).cores == 3)
        #expect(InspectedContainer.HostConfig(cpuQuota: 150_000, cpuPeriod: 0).cores == 1.5)
        #expect(InspectedContainer.HostConfig(nanoCPUs: 0, cpuQuota: -1).cores == nil)
        #expect(InspectedContainer.HostConfig().cores == nil)
    }

    @Test("Events are found whole in bytes that come one at a time")
    func lines() throws {
        let bytes = try EngineFixture.bytes("events.jsonl")
        var lines = EngineLines()
        var actions: [String] = []
        for byte in bytes {
            let whole = lines.append(ByteBuffer(bytes: [byte]))
            for line in whole {
                actions.append(try JSONDecoder().decode(EngineEvent.self, from: Data(line.readableBytesView)).verb)
            }
        }
        #expect(
            actions == [
                "create", "start", "create", "start", "oom", "oom", "rename", "die", "pause", "unpause", "update", "create", "start", "die",
                "health_status", "kill",
            ])
    }

    @Test("An event from before 1970 says nothing of where to go on")
    func absurdTime() throws {
        var roster = EngineRoster()
        let event = try JSONDecoder().decode(
            EngineEvent.self, from: Data(#"{"Action":"start","Actor":{"ID":"a"},"timeNano":-123456789}"#.utf8))
        let isRepeated = roster.isRepeated(event)
        #expect(!isRepeated)
        #expect(roster.latestEvent == nil)
    }

    @Test("A line that is too long is passed over, in however many pieces it comes, and those behind it are read")
    func longLine() {
        let long = String(repeating: "x", count: EngineLines.limit + 1)
        for size in [long.utf8.count + 20, 100_000] {
            var lines = EngineLines()
            var read: [String] = []
            var skipped = 0
            var rest = ByteBuffer(string: "first\n\(long)\nlast\n")
            while let piece = rest.readSlice(length: min(size, rest.readableBytes)), piece.readableBytes > 0 {
                read += lines.append(piece).map { String(buffer: $0) }
                skipped += lines.takeSkipped()
            }
            #expect(read == ["first", "last"])
            #expect(skipped == 1)
        }
    }
}
