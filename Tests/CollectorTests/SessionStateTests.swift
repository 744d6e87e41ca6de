import StatsCore
import Testing

@testable import Collector

@Suite("A session, as a transcript")
struct SessionStateTests {
    private func tick(_ seq: UInt64, epoch: UInt64 = 1) throws -> Incoming {
        try Incoming(Frames.tick(0, run: "r", seq: seq, epoch: epoch).span.bytes)
    }

    /// A session that was let in, and goes on behind `accepted`.
    private func open(accepted: UInt64 = 0) -> SessionState {
        var state = SessionState()
        #expect(state.receive(.hello(.sample())) == .admit(.sample()))
        state.admitted(accepted: accepted)
        return state
    }

    private func code(_ action: SessionState.Action) -> String? {
        if case .end(let refusal, isTold: true) = action { refusal.code } else { nil }
    }

    @Test("hello, ticks in order, ping, fin")
    func ordinary() throws {
        var state = open()
        #expect(state.receive(try tick(1)) == .store(1))
        #expect(state.concluded(.stored) == .nothing)
        #expect(state.receive(try tick(2)) == .store(2))
        #expect(state.concluded(.stored) == .nothing)
        #expect(state.receive(.ping(Ping(t1: 7))) == .pong(Ping(t1: 7)))
        #expect(state.receive(try tick(0)) == .showLive)
        let fin = Fin(run: "r", epoch: 1, seq: 2)
        #expect(state.receive(.fin(fin)) == .noteFin(fin))
        #expect(state.receive(.unknown) == .count("unknown_type"))
    }

    @Test("What was there before is acknowledged again; behind a hole one rewind is asked for, and no more")
    func holes() throws {
        var state = open(accepted: 5)
        #expect(state.receive(try tick(5)) == .repeatAck)
        #expect(state.receive(try tick(8)) == .rewind(Rewind(epoch: 1, seq: 6)))
        #expect(state.receive(try tick(9)) == .count("passed_over"))
        #expect(state.receive(try tick(6)) == .store(6))
        _ = state.concluded(.stored)
        #expect(state.receive(try tick(7)) == .store(7))
        _ = state.concluded(.stored)
        #expect(state.receive(try tick(9)) == .rewind(Rewind(epoch: 1, seq: 8)))
    }

    @Test("While the disk is full frames are passed over until the recorder asks for them")
    func full() throws {
        var state = open()
        #expect(state.receive(try tick(1)) == .store(1))
        #expect(state.concluded(.full) == .nothing)
        #expect(state.receive(try tick(2)) == .count("passed_over"))
        #expect(state.receive(.ping(Ping(t1: 1))) == .pong(Ping(t1: 1)))
        #expect(state.receive(try tick(1)) == .store(1))
    }

    @Test("A refused frame ends the session, and only then")
    func refused() throws {
        var state = open()
        _ = state.receive(try tick(1))
        #expect(code(state.concluded(.refused(Refusal(code: "bad_row", message: "")))) == "bad_row")
        #expect(state.receive(try tick(2)) == .nothing)
    }

    @Test("Faults of the handshake are refused by name")
    func handshake() throws {
        var first = SessionState()
        #expect(code(first.receive(try tick(1))) == "no_hello")
        var second = open()
        #expect(code(second.receive(.hello(.sample()))) == "second_hello")
        var third = open()
        #expect(code(third.receive(try tick(1, epoch: 2))) == "bad_epoch")
        for (change, expected) in [
            ({ $0.protocol = 2 }, "protocol"), ({ $0.node = "" }, "bad_node"), ({ $0.node = "a\nb" }, "bad_node"),
            ({ $0.node = String(repeating: "x", count: 256) }, "bad_node"), ({ $0.agent = "" }, "bad_agent"),
            ({ $0.monitor = "\u{1b}[1m" }, "bad_field"),
        ] as [((inout Hello) -> Void, String)] {
            var hello = Hello.sample()
            change(&hello)
            var state = SessionState()
            #expect(code(state.receive(.hello(hello))) == expected)
        }
    }

    @Test("The peer's own error ends the session in silence")
    func peerEnds() {
        var state = open()
        let refusal = Refusal(code: "x", message: "y")
        #expect(state.receive(.error(refusal)) == .end(refusal, isTold: false))
    }
}

@Suite("Streams of agents")
struct StreamsTests {
    @Test("A new agent starts where it says, a known one behind what is durable")
    func admits() throws {
        var streams = Streams()
        let new = try streams.admit(.sample(firstUnacked: 4, nextSeq: 9), session: 1)
        #expect(new == .init(last: nil, accepted: 3, replaced: nil, lost: 0))
        streams["agent-1"]?.accepted = 8
        streams["agent-1"]?.durable = 6
        let again = try streams.admit(.sample(firstUnacked: 4, nextSeq: 9), session: 2)
        #expect(again == .init(last: StreamPosition(epoch: 1, seq: 6), accepted: 8, replaced: 1, lost: 0))
        let older = streams.leave("agent-1", session: 1)
        let newer = streams.leave("agent-1", session: 2)
        #expect(!older && newer)
    }

    @Test("A higher epoch begins anew, a lower one or an older state is refused")
    func epochs() throws {
        var streams = Streams()
        _ = try streams.admit(.sample(epoch: 2), session: 1)
        streams["agent-1"]?.accepted = 8
        #expect(throws: Refusal.self) { try streams.admit(.sample(epoch: 1), session: 2) }
        #expect(throws: Refusal.self) { try streams.admit(.sample(epoch: 2, nextSeq: 8), session: 2) }
        let anew = try streams.admit(.sample(epoch: 3), session: 2)
        #expect(anew.accepted == 0)
    }

    @Test("A node's name belongs to one agent at a time")
    func names() throws {
        var streams = Streams()
        _ = try streams.admit(.sample(agent: "x"), session: 1)
        let refusal = #expect(throws: Refusal.self) { try streams.admit(.sample(agent: "y"), session: 2) }
        #expect(refusal?.code == "node_in_use")
        _ = streams.leave("x", session: 1)
        _ = try streams.admit(.sample(agent: "y"), session: 3)
    }

    @Test("Frames that both sides have lost are counted")
    func lost() throws {
        var streams = Streams()
        _ = try streams.admit(.sample(), session: 1)
        streams["agent-1"]?.accepted = 3
        let admission = try streams.admit(.sample(firstUnacked: 6, nextSeq: 9), session: 2)
        #expect(admission.lost == 2)
    }
}
