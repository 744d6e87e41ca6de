import NIOCore
import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("Fuzz: frames of an agent") struct SessionFuzzTests {
    private static func inputs(_ run: String) throws -> [[UInt8]] {
        let time = ManualClock().now
        let rows = #"{"host":[[0.5,7]],"event":[["mark","x"]],"container":[["c1",3],["c2",4]]}"#
        let tick = """
            {"type":"tick","run":"\(run)","epoch":1,"seq":1,"tick":0,"time":\(time),"begin":\(time),"end":\(time),"late":["host"],"rows":\(rows)}
            """
        let messages: [any WireMessage] = [
            Gap(run: run, epoch: 1, seq: 1, firstSeq: 1, from: 0, to: 3, reason: .overrun), Fin(run: run, epoch: 1, seq: 1),
            Ping(t1: 5, offset: 6, error: 7, backlogFrames: 8, backlogBytes: 9), Ready(run: run),
            Hello.sample(firstUnacked: 2, nextSeq: 3), Refusal(code: "c", message: "m"),
        ]
        return [Array(tick.utf8), Array(tick.replacing(#""seq":1"#, with: #""seq":0"#).utf8)] + (try messages.map { try $0.encoded() })
    }

    @Test("Whatever frames an agent sends, they are taken or refused, and the run goes on")
    func frames() async throws {
        let fixture = try RecorderFixture(directory: try ScratchDirectory(inMemory: true))
        _ = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions()).id
        fixture.clock.advance(milliseconds: 60_000)
        let inputs = try Self.inputs(run)
        var agents = 0
        let columns = ReceivedTick.Sender(Hello.sample()).names
        await Fuzz.runTasks("session", inputs, count: 400) { one in
            let bytes = one.input.span.bytes
            let incoming = try Incoming(bytes)
            if case .hello(let hello) = incoming {
                var state = SessionState()
                guard case .admit = state.receive(incoming) else { return }
                let entry = try await fixture.admit(hello, orders: OrderLog())
                await fixture.recorder.leave(hello.agent, session: entry.session, reason: "over")
                return
            }
            // A new agent for each frame: its first is always the next.
            agents += 1
            let hello = Hello.sample(agent: "agent\(agents % 50)", epoch: UInt64(agents), node: "n\(agents % 50)")
            let entry = try await fixture.admit(hello, orders: OrderLog())
            var state = SessionState()
            _ = state.receive(.hello(Hello.sample(epoch: tickEpoch(incoming))))
            state.admitted(accepted: 0)
            switch state.receive(incoming) {
            case .store(let seq):
                _ = state.concluded(await fixture.store(incoming, one.input, session: entry.session), seq: seq)
            case .noteFin(let fin): await fixture.recorder.note(fin, agent: hello.agent, session: entry.session)
            case .noteReady(let ready): await fixture.recorder.note(ready, session: entry.session)
            case .pong(let ping): fixture.live.note(ping, node: hello.node)
            default: break
            }
            if case .tick(let tick) = incoming, Timestamp.plausible.contains(tick.header.time) {
                fixture.live.note(tick, frame: bytes, node: hello.node, columns: columns, received: fixture.clock.now)
                fixture.live.drawTable()
            }
            try await fixture.recorder.beat()
            _ = (await fixture.recorder.nodeReports().map(\.instances), await fixture.recorder.recorderReport())
            await fixture.recorder.leave(hello.agent, session: entry.session, reason: "over")
        }
        #expect(await fixture.recorder.failure == nil)
    }

    private func tickEpoch(_ incoming: Incoming) -> UInt64 {
        switch incoming {
        case .tick(let tick): tick.header.epoch
        case .gap(let gap): gap.epoch
        default: 1
        }
    }

    @Test("Whatever values a node's rows have, they are streamed and drawn")
    func stream() async throws {
        let rows = [
            #"{"host":[[12.5,1000]],"container":[["c1","web",50.5,1000,"p"]],"process":[["c1",7,5,"sh",1.5,9]],"event":[["action","c","m","{\"result\":\"done\"}"]]}"#,
            #"{"host":[[12.5,1000]],"container":[["c1","web",50.5,1000,"p"],["c2",null,null,null,null]]}"#,
        ].map { Array($0.utf8) }
        await Fuzz.runTasks("live rows", rows, count: 150) { one in
            let fixture = HubFixture()
            let text = String(decoding: one.input, as: UTF8.self)
            try JSONScanner.validate(one.input.span.bytes)
            try await fixture.second(String(decoding: rows[0], as: UTF8.self))
            try await fixture.second(text)
            try await fixture.second(text)
            fixture.live.drawTable()
        }
    }
}

extension NewestTicks {
    fileprivate func drawTable() {
        for (node, state) in all {
            let table = LiveTable(state, node: node)
            for view in table.views { _ = table.html(view) }
        }
    }
}
