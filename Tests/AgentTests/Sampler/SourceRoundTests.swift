import StatsCore
import Synchronization
import Testing

@testable import Agent

@Suite("A round of the sources", .timeLimit(.minutes(10))) struct SourceRoundTests {
    /// Tells one event in each reading, once it is let go.
    private struct Held: Source {
        let gate: EventSignal

        mutating func read(_ tick: TickContext, into rows: inout TickRows) {
            _ = gate.wait(until: nil)
            rows.append(Self.event("held"))
        }

        static func event(_ kind: String) -> EventReading {
            var event = EventReading()
            event.kind = EncodedText(kind)
            return event
        }
    }

    private func kinds(_ rows: borrowing TickRows) -> String {
        rows.withRows(.event) { bytes in bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
    }

    private let tick = TickContext(instant: 0, deadline: 0, interval: 1_000_000_000, run: nil)

    @Test("A source that is late is named, counts as an error, and its events travel with the next tick")
    func late() {
        let gate = EventSignal()
        var round = SourceRound([SourceWorker(name: "slow") { Held(gate: gate) }])
        var rows = TickRows()
        var own = TickRows()
        round.read(tick, by: Clocks.monotonic(), into: &rows, own: &own)
        let (inTime, said, errors) = (kinds(rows), kinds(own), round.readErrors)
        #expect(inTime.isEmpty && said.contains("source late") && said.contains("slow") && errors == 1)
        #expect(round.lateNames == ["slow"])

        gate.signal()
        // The late reading ends, its event is carried over, and the next reading is let go: whichever tick it is.
        var events = ""
        while !events.contains("held") {
            own.removeAll()
            rows.removeAll()
            round.read(tick, by: Clocks.monotonic() + 100_000_000, into: &rows, own: &own)
            events = kinds(own)
        }
        gate.signal()
    }

    @Test("A source that is done in time has its rows in the tick")
    func inTime() {
        let gate = EventSignal()
        gate.signal()
        var round = SourceRound([SourceWorker(name: "fast") { Held(gate: gate) }])
        var rows = TickRows()
        var own = TickRows()
        round.read(tick, by: Clocks.monotonic() + 500_000_000_000, into: &rows, own: &own)
        let (inTime, said, errors) = (kinds(rows), kinds(own), round.readErrors)
        #expect(inTime.contains("held") && said.isEmpty && errors == 0)
        #expect(round.lateNames.isEmpty)
    }

    @Test("Whether a source was late is a number of each tick; of a source that isn't run it is empty")
    func numbers() {
        let gate = EventSignal()
        var round = SourceRound([SourceWorker(name: "container") { Held(gate: gate) }])
        var rows = TickRows()
        var own = TickRows()
        round.read(tick, by: Clocks.monotonic(), into: &rows, own: &own)
        let late = round.lateSources
        gate.signal()
        while !round.lateNames.isEmpty || round.lateSources.container == 1 {
            gate.signal()
            round.read(tick, by: Clocks.monotonic() + 100_000_000, into: &rows, own: &own)
        }
        #expect(late.container == 1 && round.lateSources.container == 0)
        #expect(late.host == nil && round.lateSources.filesystem == nil)
    }

    @Test("Events of a tick that was not kept go with the next tick of the same run, once, and with none of another run")
    func unkept() {
        var unkept = UnkeptEvents()
        func tick(of run: String, telling kind: String? = nil, isKept: Bool) -> String {
            var tick = TickRows()
            unkept.release(into: &tick, of: run)
            if let kind { tick.append(Held.event(kind)) }
            if !isKept { unkept.keep(tick) }
            return kinds(tick)
        }
        let first = tick(of: "r", telling: "one", isKept: false)
        let second = tick(of: "r", telling: "two", isKept: false)
        let third = tick(of: "r", isKept: true)
        #expect(!first.contains("two") && second.contains("one") && second.contains("two") && third == second)
        let fourth = tick(of: "r", telling: "three", isKept: false)
        #expect(!fourth.contains("one"))
        let others = tick(of: "another", isKept: true) + tick(of: "r", isKept: true)
        #expect(others.isEmpty)
    }
}
