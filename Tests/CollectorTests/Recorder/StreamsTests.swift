import StatsCore
import Testing

@testable import Collector

@Suite("Streams of agents") struct StreamsTests {
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

    @Test("An agent that has finished a run, and comes back to it, has not finished it")
    func comesBack() throws {
        var streams = Streams()
        _ = try streams.admit(.sample(), session: 1)
        streams["agent-1"]?.fin = StreamPosition(epoch: 1, seq: 4)
        streams.advance("agent-1", to: 4, needsRewind: false)
        #expect(streams.settle("agent-1")?.hasFinished == true)
        streams.advance("agent-1", to: 5, needsRewind: false)
        #expect(streams.settle("agent-1")?.hasFinished == false)
    }

    @Test(
        "An agent that comes back to the collector has more to deliver, also before its next frame is there; one that only delivers has not"
    )
    func comesBackBetweenTicks() throws {
        for deliversOnly in [true, nil] {
            var streams = Streams()
            _ = try streams.admit(.sample(), session: 1)
            streams["agent-1"]?.fin = StreamPosition(epoch: 1, seq: 0)
            _ = streams.leave("agent-1", session: 1)
            var hello = Hello.sample()
            hello.deliversOnly = deliversOnly
            _ = try streams.admit(hello, session: 2)
            #expect(streams["agent-1"]?.hasFinished == deliversOnly ?? false)
        }
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

    @Test("Two agents with the same id and epoch are told apart by the epoch's id, also after a restart of the collector")
    func cloned() throws {
        var streams = Streams()
        _ = try streams.admit(.sample(epochID: "x"), session: 1)
        let refusal = #expect(throws: Refusal.self) { try streams.admit(.sample(epochID: "y", nextSeq: 5), session: 2) }
        #expect(refusal?.code == "cloned" && refusal?.message.contains("remove its state directory") == true)
        _ = streams.leave("agent-1", session: 1)
        let record = try #require(streams.record(of: "agent-1"))
        let read = try #require(CommitCoder.fold(CommitRecord(stream: record).line())?.record)
        #expect(read.streams["agent-1"]?.epochID == "x")
        #expect(throws: Refusal.self) { try streams.admit(.sample(epochID: "y", nextSeq: 5), session: 3) }
        _ = try streams.admit(.sample(epochID: "x", nextSeq: 5), session: 4)
        _ = try streams.admit(.sample(epoch: 2, epochID: "y"), session: 5)
    }

    @Test("An agent can't be connected as two nodes")
    func twoNodes() throws {
        var streams = Streams()
        _ = try streams.admit(.sample(epochID: "x"), session: 1)
        let refusal = #expect(throws: Refusal.self) { try streams.admit(.sample(epoch: 2, epochID: "y", node: "b"), session: 2) }
        #expect(refusal?.code == "cloned" && refusal?.message.contains("node `b`") == true)
        _ = streams.leave("agent-1", session: 1)
        _ = try streams.admit(.sample(epoch: 2, epochID: "y", node: "b"), session: 3)
    }

    @Test("What a crash left of an epoch may end before what was acknowledged of it")
    func leftOver() throws {
        var streams = Streams()
        _ = try streams.admit(.sample(epoch: 2, epochID: "x"), session: 1)
        streams["agent-1"]?.accepted = 100
        streams["agent-1"]?.durable = 100
        let admission = try streams.admit(.sample(epoch: 2, epochID: "x", firstUnacked: 50, nextSeq: 61), session: 2)
        #expect(admission == .init(last: StreamPosition(epoch: 2, seq: 100), accepted: 100, replaced: 1, lost: 0))
        #expect(throws: Refusal.self) { try streams.admit(.sample(epoch: 1, epochID: "w", nextSeq: 101), session: 3) }
    }
}

extension CommitRecord {
    fileprivate init(stream: Stream) {
        self.init()
        streams["agent-1"] = stream
    }
}
