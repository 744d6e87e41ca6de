import StatsCore
import Testing

@testable import Collector

@Suite("A session, as a transcript") struct SessionStateTests {
    private func tick(_ seq: UInt64, epoch: UInt64 = 1) throws -> Incoming {
        try Incoming(Frames.tick(0, run: "r", seq: seq, epoch: epoch).span.bytes)
    }

    /// The session of an admitted agent, which continues after `accepted`.
    private func open(accepted: UInt64 = 0) -> SessionState {
        var state = SessionState()
        #expect(state.receive(.hello(.sample())) == .admit(.sample()))
        state.admitted(accepted: accepted)
        return state
    }

    private func code(_ action: SessionState.Action) -> String? {
        if case .end(let refusal, isTold: true) = action { refusal.code } else { nil }
    }

    @Test("A session goes from hello over ticks in order to its fin, and pings are answered")
    func ordinary() throws {
        var state = open()
        #expect(state.receive(try tick(1)) == .store(1))
        #expect(state.concluded(.stored, seq: 1) == .nothing)
        #expect(state.receive(try tick(2)) == .store(2))
        #expect(state.concluded(.stored, seq: 2) == .nothing)
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
        _ = state.concluded(.stored, seq: 6)
        #expect(state.receive(try tick(7)) == .store(7))
        _ = state.concluded(.stored, seq: 7)
        #expect(state.receive(try tick(9)) == .rewind(Rewind(epoch: 1, seq: 8)))
    }

    @Test("A gap in place of several frames is the next when it reaches behind the last, and the session goes on behind it")
    func wideGap() throws {
        var state = open(accepted: 5)
        func gap(_ first: UInt64?, _ seq: UInt64) -> Incoming {
            .gap(Gap(run: "r", epoch: 1, seq: seq, firstSeq: first, from: 0, to: 9, reason: .spoolFull))
        }
        #expect(state.receive(gap(2, 5)) == .repeatAck)
        #expect(state.receive(gap(7, 20)) == .rewind(Rewind(epoch: 1, seq: 6)))
        #expect(state.receive(gap(3, 20)) == .store(20))
        #expect(state.concluded(.stored, seq: 20) == .nothing)
        #expect(state.receive(try tick(20)) == .repeatAck)
        #expect(state.receive(gap(21, .max)) == .store(.max))
        #expect(state.concluded(.stored, seq: .max) == .nothing)
        #expect(state.receive(try tick(.max)) == .repeatAck)
        for (first, seq) in [(0, 3), (5, 4), (nil, 0)] as [(UInt64?, UInt64)] {
            var other = open()
            #expect(code(other.receive(gap(first, seq))) == "bad_field")
        }
    }

    @Test("While the disk is full frames are passed over until the recorder asks for them")
    func full() throws {
        var state = open()
        #expect(state.receive(try tick(1)) == .store(1))
        #expect(state.concluded(.full, seq: 1) == .nothing)
        #expect(state.receive(try tick(2)) == .count("passed_over"))
        #expect(state.receive(.ping(Ping(t1: 1))) == .pong(Ping(t1: 1)))
        #expect(state.receive(try tick(1)) == .store(1))
    }

    @Test("A refused frame ends the session, and only then")
    func refused() throws {
        var state = open()
        _ = state.receive(try tick(1))
        #expect(code(state.concluded(.refused(Refusal(code: "bad_row", message: "")), seq: 1)) == "bad_row")
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
            ({ $0.monitor = "\u{1b}[1m" }, "bad_field"), ({ $0.monitor = String(repeating: "x", count: 513) }, "bad_field"),
            ({ $0.kernel = String(repeating: "x", count: 129) }, "bad_field"),
            ({ $0.addresses = Array(repeating: "::1", count: 17) }, "bad_field"),
            ({ $0.addresses = [String(repeating: "1", count: 65)] }, "bad_field"),
            ({ $0.takes = Array(repeating: "prepare", count: 17) }, "bad_field"),
            ({ $0.topology = try? JSONCoding.decode(from: Array(Self.lopsided.utf8)) }, "bad_field"),
        ] as [((inout Hello) -> Void, String)] {
            var hello = Hello.sample()
            change(&hello)
            var state = SessionState()
            #expect(code(state.receive(.hello(hello))) == expected)
        }
    }

    private static let lopsided = #"{"cpu":[0,1],"core":[0],"package":[0,0],"numa_node":[0,0],"siblings":["0","1"]}"#

    @Test("What comes before `hello` ends the session; some messages of types that nobody knows are passed over, and endless ones are not")
    func before() {
        for incoming in [Incoming.ping(Ping(t1: 1)), .ready(Ready(run: "r"))] {
            var state = SessionState()
            #expect(code(state.receive(incoming)) == "no_hello")
        }
        var state = SessionState()
        for _ in 0..<100 { #expect(state.receive(.unknown) == .count("unknown_type")) }
        #expect(code(state.receive(.unknown)) == "no_hello")
    }

    @Test("The peer's own error ends the session in silence")
    func peerEnds() {
        var state = open()
        let refusal = Refusal(code: "x", message: "y")
        #expect(state.receive(.error(refusal)) == .end(refusal, isTold: false))
    }
}
