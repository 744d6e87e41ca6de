import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("What the governor is shown") struct GovernorSightTests {
    @Test("A reading is as old as its row says, and however absurd that is, the agent goes on", arguments: [250_000, -7, Int64.max, .min])
    func age(age: Int64) throws {
        let index = ContainerIndex()
        index.publish([ContainerInfo(id: "a", name: "a", image: "app", labels: [:], state: "running")])
        index.setEngineAvailable(true)
        var rows = TickRows()
        var reading = ContainerReading()
        reading.containerID = EncodedText("a")
        reading.sampleAge = age
        rows.append(reading)
        let mailbox = TickMailbox()
        mailbox.note(TickHeader(run: "", epoch: 1, seq: 0, tick: 1, time: 1_000_000, begin: 0, end: 0), rows, interval: 1_000_000)
        let tick = try #require(mailbox.take())
        var sight = GovernorSight(index: index, own: OwnContainer())
        let shown = try #require(sight.snapshot(tick).containers.first?.sampled)
        #expect(shown == tick.times.instant - max(-86_400_000_000, min(86_400_000_000, age)))
    }

    @Test("Units are shown with their CPU and memory")
    func units() throws {
        let index = ContainerIndex()
        index.setEngineAvailable(true)
        var rows = TickRows()
        var unit = UnitReading()
        (unit.unit, unit.cgroup, unit.cpuPercent, unit.counters.memoryUsage) = (
            EncodedText("a.service"), EncodedText("/a.service"), 50, 4096
        )
        rows.append(unit)
        let mailbox = TickMailbox()
        mailbox.note(TickHeader(run: "", epoch: 1, seq: 0, tick: 1, time: 1_000_000, begin: 0, end: 0), rows, interval: 1_000_000)
        var sight = GovernorSight(index: index, own: OwnContainer())
        let tick = try #require(mailbox.take())
        let shown = try #require(sight.snapshot(tick).units.first)
        #expect(shown.name == "a.service" && shown.values == GovernorValues(cpu: 50, memory: 4096) && shown.sampled != nil)
    }

    @Test("The last row of a container that has ended isn't shown")
    func exited() throws {
        let index = ContainerIndex()
        index.publish(["a", "b"].map { ContainerInfo(id: $0, name: $0, image: "app", labels: [:], state: "running") })
        index.setEngineAvailable(true)
        var rows = TickRows()
        for (id, state) in [("a", "exited"), ("b", "running")] {
            var reading = ContainerReading()
            reading.containerID = EncodedText(id)
            reading.state = EncodedText(state)
            rows.append(reading)
        }
        let mailbox = TickMailbox()
        mailbox.note(TickHeader(run: "", epoch: 1, seq: 0, tick: 1, time: 1_000_000, begin: 0, end: 0), rows, interval: 1_000_000)
        var sight = GovernorSight(index: index, own: OwnContainer())
        #expect(try sight.snapshot(#require(mailbox.take())).containers.map(\.id) == ["b"])
    }

    @Test("The last row of a process, which has no memory any more, doesn't make unknown what the container's others have")
    func ended() throws {
        let index = ContainerIndex()
        index.publish([ContainerInfo(id: "a", name: "a", image: "app", labels: [:], state: "running")])
        index.setEngineAvailable(true)
        var rows = TickRows()
        var container = ContainerReading()
        container.containerID = EncodedText("a")
        rows.append(container)
        for (state, resident) in [("S", UInt64?(4096)), ("X", nil)] {
            var process = ProcessReading()
            (process.containerID, process.state, process.statm.resident) = (EncodedText("a"), EncodedText(state), resident)
            rows.append(process)
        }
        let mailbox = TickMailbox()
        mailbox.note(TickHeader(run: "", epoch: 1, seq: 0, tick: 1, time: 1_000_000, begin: 0, end: 0), rows, interval: 1_000_000)
        var sight = GovernorSight(index: index, own: OwnContainer())
        #expect(try sight.snapshot(#require(mailbox.take())).containers.first?.values.rss == 4096)
    }
}
