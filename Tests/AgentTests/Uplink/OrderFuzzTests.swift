import Logging
import NIOCore
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Fuzz: orders of a collector") struct OrderFuzzTests {
    private static let t0: Int64 = 1_800_000_000_000_000
    private static let run = RunOrder(id: "r", name: "test", intervalUs: 1_000_000, t0: t0, ticks: 60)

    private static func inputs() throws -> [[UInt8]] {
        let stop = StopOrder(run: "r", lastTick: 5)
        let messages: [any WireMessage] = [
            Welcome(session: "s", last: StreamPosition(epoch: 7, seq: 3), run: run, stop: stop), Welcome(session: "s", last: nil), run,
            stop, stop,
            Pong(t1: 1, t2: t0, t3: t0 + 1), Ack(epoch: 7, seq: 2), Rewind(epoch: 7, seq: 1), Prepare(run: "q"),
        ]
        return try messages.map { try $0.encoded() }
    }

    private static func message(_ bytes: [UInt8]) throws(FrameError) -> UplinkSession.Message {
        try UplinkSession.Message(bytes.span.bytes)
    }

    @Test("Whatever orders a collector sends, in whatever order, the agent follows them or closes the connection")
    func orders() async throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let note = RunNote(in: try scratch.state().directory.again(), bootID: "b", logger: logger)
        let inputs = try Self.inputs()
        let challenge = try Self.message(Challenge(protocols: [1, 1], nonce: "00", version: "1", collector: "c").encoded())
        let identity = Identity(id: "id", epoch: 7, epochID: "e", node: "node")
        await Fuzz.run("orders", inputs, count: 2000) { one in
            var session = UplinkSession(epoch: 7, identity: identity, token: nil)
            _ = session.receive(challenge, now: 0)
            let agent = Follower(note: note)
            agent.obey(session.receive(try Self.message(inputs[one.random.next() % 2 == 0 ? 0 : 1]), now: 1))
            // Valid messages around the damaged one, so that it comes in each state.
            for _ in 0..<Int.random(in: 0...3, using: &one.random) {
                guard let other = inputs.randomElement(using: &one.random) else { break }
                agent.obey(session.receive(try Self.message(other), now: 2))
            }
            agent.obey(session.receive(try Self.message(one.input), now: 3))
            agent.obey(session.receive(try Self.message(inputs[5]), now: 4))
            if let known = note.recall() {
                let restarted = Follower(note: note)
                restarted.clock.assume(offset: known.offset)
                restarted.obey([.join(known.run)])
            }
            note.forget()
        }
    }

    /// Does what the uplink does with a session's actions, and what the sampler does with the orders.
    private final class Follower {
        let clock = CollectorTime()
        private let note: RunNote
        private var schedule = Schedule(liveInterval: 1_000_000)
        private let outbox = Outbox(epoch: 7)

        init(note: RunNote) { self.note = note }

        func obey(_ actions: [UplinkSession.Action]) {
            for action in actions {
                switch action {
                case .connected(let welcome): outbox.limitFrames(to: welcome.frameLimit)
                case .acknowledge(let seq): outbox.acknowledge(through: seq)
                case .rewind(let seq): outbox.rewind(to: seq)
                case .noteClock(let pong): clock.note(pong, t4: max(pong.t1.saturatingAdding(5), 5))
                case .join(let run):
                    note.keep(run, offset: clock.offset)
                    schedule.begin(run, now: clock.now())
                case .stop(let stop):
                    note.end(stop)
                    schedule.end(stop)
                case .abandonRun: schedule.abandon()
                case .sendHello, .measureClock, .prepare, .close: break
                }
                for now in [clock.now(), OrderFuzzTests.t0 - 1, OrderFuzzTests.t0 + 7_500_000, clock.now()] { step(now) }
                _ = try? outbox.takeBatch()
            }
        }

        private func step(_ now: Int64) {
            switch schedule.step(now: now) {
            case .wait(let instant): _ = clock.monotonic(instant)
            case .tick(let number, let instant, let missed):
                if let missed { outbox.append(gap: missed, .overrun, run: "r") }
                outbox.append(run: "r", tick: number) { seq, buffer in buffer.writeInteger(seq) }
                _ = clock.monotonic(instant)
            case .finish(let run, let missed):
                if let missed { outbox.append(gap: missed, .overrun, run: run.id) }
                outbox.finish(run: run.id)
            case .idle, .live: break
            }
        }
    }
}
