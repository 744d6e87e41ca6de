import StatsCore
import Testing

@testable import Agent

@Suite("The uplink's session, as a transcript") struct UplinkSessionTests {
    private let challenge = Challenge(protocols: [1, 2], nonce: "00", version: "1")
    private let run = RunOrder(id: "r", name: "test", intervalUs: 100_000, t0: 0, ticks: nil)
    private let identity = Identity(id: "id", epoch: 7, epochID: "e", node: "node")
    private let pong = Pong(t1: 1, t2: 2, t3: 3)

    private func greeted(_ welcome: Welcome) -> (UplinkSession, [UplinkSession.Action]) {
        var session = UplinkSession(epoch: 7, identity: identity, token: nil, nonce: "01")
        #expect(session.receive(.challenge(challenge)) == [.sendHello(nonce: "01", proof: nil)])
        let actions = session.receive(.welcome(welcome))
        return (session, actions)
    }

    @Test("For a run that is about to begin the clock is measured anew: the answer to an earlier ping doesn't count")
    func prepares() {
        var (session, _) = greeted(Welcome(session: "s", last: nil))
        _ = session.receive(.pong(pong), now: 5)
        let prepare = Prepare(run: run.id)
        #expect(session.receive(.prepare(prepare), now: 100) == [.measureClock])
        #expect(session.receive(.run(run), now: 101) == [])
        let early = Pong(t1: 99, t2: 2, t3: 3)
        #expect(session.receive(.pong(early), now: 102) == [.noteClock(early)])
        let fresh = Pong(t1: 100, t2: 2, t3: 3)
        #expect(session.receive(.pong(fresh), now: 103) == [.noteClock(fresh), .prepare(prepare), .join(run)])
    }

    @Test("While the clock isn't measured only the newest order of each kind is kept")
    func bounded() {
        var (session, _) = greeted(Welcome(session: "s", last: nil, run: run))
        for number in 0..<1000 {
            let other = RunOrder(id: "r\(number)", name: "test", intervalUs: 100_000, t0: 0, ticks: nil)
            #expect(session.receive(.run(other)) == [])
            #expect(session.receive(.stop(StopOrder(run: other.id, lastTick: 3))) == [])
        }
        let actions = session.receive(.pong(pong))
        #expect(actions.count == 3 && actions.last == .stop(StopOrder(run: "r999", lastTick: 3)))
    }

    @Test("A collector that asks again and again for the same frames is left")
    func restless() {
        var (session, _) = greeted(Welcome(session: "s", last: nil))
        let answers = (0..<100).map { _ in session.receive(.rewind(Rewind(epoch: 7, seq: 1)), now: 1_000_000) }
        #expect(answers.first == [.rewind(to: 1)] && answers.last == [.close(.restless)])
        #expect(answers.count { $0 == [.rewind(to: 1)] } <= 20)
    }

    @Test("A handshake: challenge, hello, welcome; a new agent sends from its first frame")
    func handshake() {
        let welcome = Welcome(session: "s", last: nil)
        let (session, actions) = greeted(welcome)
        #expect(actions == [.connected(welcome), .rewind(to: 1), .abandonRun])
        #expect(session.isHandshakeDone)
    }

    @Test("Which collector it is, as far as that says so, is known before the agent says who it is")
    func whichCollector() {
        for id in ["c", nil] {
            var session = UplinkSession(epoch: 7, identity: identity, token: nil, nonce: "01")
            let challenge = Challenge(protocols: [1, 1], nonce: "00", version: "1", collector: id)
            #expect(session.receive(.challenge(challenge)) == [.sendHello(nonce: "01", proof: nil, collector: id)])
        }
    }

    @Test("What the collector has on disk is not sent again")
    func resume() {
        let welcome = Welcome(session: "s", last: StreamPosition(epoch: 7, seq: 41), run: run)
        #expect(greeted(welcome).1 == [.connected(welcome), .acknowledge(through: 41), .rewind(to: 42)])
    }

    @Test("What it has of an earlier epoch says nothing about this one")
    func earlierEpoch() {
        let welcome = Welcome(session: "s", last: StreamPosition(epoch: 6, seq: 41))
        #expect(greeted(welcome).1 == [.connected(welcome), .rewind(to: 1), .abandonRun])
    }

    @Test("Orders wait until the clock was measured")
    func clockFirst() {
        let stop = StopOrder(run: "r", lastTick: 3)
        var (session, _) = greeted(Welcome(session: "s", last: nil, run: run))
        #expect(session.receive(.stop(stop)) == [])
        #expect(session.receive(.pong(pong)) == [.noteClock(pong), .join(run), .stop(stop)])
        #expect(session.receive(.pong(pong)) == [.noteClock(pong)])
        #expect(session.receive(.run(run)) == [.join(run)])
    }

    @Test(
        "A run that nobody could follow closes the connection and reaches no schedule",
        arguments: [(Int64(0), Int64(0)), (-100_000, 0), (.max, 0), (100, 0), (100_000, .min), (100_000, -1), (100_000, .max)])
    func unusable(interval: Int64, t0: Int64) {
        let order = RunOrder(id: "r", name: "test", intervalUs: interval, t0: t0, ticks: nil)
        var (session, _) = greeted(Welcome(session: "s", last: nil))
        _ = session.receive(.pong(pong))
        guard case .close(.unusable) = session.receive(.run(order)).first else { return #expect(Bool(false), "it was taken") }
        guard case .close(.unusable) = greeted(Welcome(session: "s", last: nil, run: order)).1.first else {
            return #expect(Bool(false), "it was taken from a welcome")
        }
    }

    @Test("An end behind the last tick that any run can have closes the connection", arguments: [Grid.highestTick + 1, .max - 1, .max])
    func endless(tick: UInt64) {
        let stop = StopOrder(run: "r", lastTick: tick)
        var (session, _) = greeted(Welcome(session: "s", last: nil, run: run))
        let answers = [
            session.receive(.stop(stop)), greeted(Welcome(session: "s", last: nil, run: run, stop: stop)).1,
            session.receive(.run(RunOrder(id: "r", name: "test", intervalUs: 100_000, t0: 0, ticks: tick))),
        ]
        for answer in answers {
            guard case .close(.unusable(let what)) = answer.first else { return #expect(Bool(false), "it was taken") }
            #expect(what.contains("\(tick)"))
        }
        let last = StopOrder(run: "r", lastTick: Grid.highestTick)
        #expect(session.receive(.stop(last)) == [] && session.receive(.pong(pong)).contains(.stop(last)))
    }

    @Test("A collector that says it has every frame there can be is no reason to fall over")
    func everything() {
        let (_, actions) = greeted(Welcome(session: "s", last: StreamPosition(epoch: 7, seq: .max), run: run))
        #expect(actions.contains(.acknowledge(through: .max)))
    }

    @Test("Acknowledgements and rewinds of another epoch are not for us")
    func epochs() {
        var (session, _) = greeted(Welcome(session: "s", last: nil))
        #expect(session.receive(.ack(Ack(epoch: 6, seq: 5))) == [])
        #expect(session.receive(.ack(Ack(epoch: 7, seq: 5))) == [.acknowledge(through: 5)])
        #expect(session.receive(.rewind(Rewind(epoch: 6, seq: 5))) == [])
        #expect(session.receive(.rewind(Rewind(epoch: 7, seq: 5))) == [.rewind(to: 5)])
    }

    @Test("A message out of place, a refusal and a foreign protocol close the connection; an unknown type doesn't")
    func failures() {
        var session = UplinkSession(epoch: 7, identity: identity, token: nil)
        #expect(session.receive(.unknown("news")) == [])
        #expect(session.receive(.run(run)) == [.close(.unexpected("run"))])
        let refusal = Refusal(code: "node_in_use", message: "m")
        #expect(session.receive(.refusal(refusal)) == [.close(.refused(refusal))])
        let foreign = Challenge(protocols: [2, 3], nonce: "", version: "9")
        #expect(session.receive(.challenge(foreign)) == [.close(.protocols([2, 3]))])
    }

    @Test("With a token the agent proves it, and goes on only with a collector that proves it as well")
    func token() {
        let token = Token()
        let handshake = Token.Handshake(collectorNonce: "00", agentNonce: "01", agent: "id", node: "node")
        func answer(_ proof: String?) -> [UplinkSession.Action] {
            var session = UplinkSession(epoch: 7, identity: identity, token: token, nonce: "01")
            #expect(session.receive(.challenge(challenge)) == [.sendHello(nonce: "01", proof: token.proof(of: .agent, in: handshake))])
            return session.receive(.welcome(Welcome(session: "s", last: nil, proof: proof)))
        }
        #expect(answer(token.proof(of: .collector, in: handshake)).count == 3)
        for wrong in [nil, "", token.proof(of: .agent, in: handshake), Token().proof(of: .collector, in: handshake)] {
            #expect(answer(wrong) == [.close(.stranger)])
        }
    }
}
