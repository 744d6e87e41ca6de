import NIOCore
import Testing

@testable import Collector

@Suite("The turns of a connection's frames") struct FrameTurnsTests {
    private let budget = MemoryBudget()

    private func turns(_ frames: ClosedRange<Int64>) -> FrameTurns {
        var turns = FrameTurns()
        for number in frames { turns.append(frame(number)) }
        return turns
    }

    private func frame(_ number: Int64) -> ReceivedFrame {
        ReceivedFrame(bytes: ByteBuffer(), received: number, share: budget.share(of: .small))
    }

    @Test("Frames have their turns in the order in which they came, and none while one waits")
    func order() {
        var turns = turns(1...3)
        var taken = [turns.next()?.received]
        turns.wait()
        turns.append(frame(4))
        taken.append(turns.next()?.received)
        _ = turns.resume()
        for _ in 0..<4 { taken.append(turns.next()?.received) }
        #expect(taken == [1, nil, 2, 3, 4, nil])
    }

    @Test("A frame that waited is tried again once, before those behind it")
    func again() {
        var turns = turns(1...2)
        _ = turns.next()
        var tried = 0
        turns.wait { tried += 1 }
        for _ in 0..<2 { turns.resume()?() }
        #expect(tried == 1)
        let next = turns.next()?.received
        #expect(next == 2)
    }

    @Test("Nothing is read from the peer while frames are here or one waits; whoever wanted to read may when none is left")
    func reading() {
        var turns = turns(1...1)
        var answers = [turns.read(), turns.mayReadOn()]
        _ = turns.next()
        turns.wait()
        answers += [turns.mayReadOn()]
        #expect(answers == [false, false, false], "a frame was here, and then waited")
        _ = turns.resume()
        answers = [turns.mayReadOn(), turns.mayReadOn()]
        #expect(answers == [true, false], "it was wanted once")
        answers = [turns.read(), turns.mayReadOn()]
        #expect(answers == [true, false], "who may read at once wants nothing later")
    }

    @Test("When the session is over no frame has a turn, and what the peer sends is read")
    func over() {
        var turns = turns(1...3)
        _ = turns.next()
        var tried = 0
        turns.wait { tried += 1 }
        var reads = [turns.read()]
        turns.end()
        reads += [turns.mayReadOn(), turns.read()]
        #expect(reads == [false, true, true])
        turns.resume()?()
        turns.append(frame(4))
        let next = turns.next()
        #expect(tried == 0 && next == nil && turns.isOver)
    }

    @Test("Frames that have no turn any more give their memory back")
    func memory() {
        let budget = MemoryBudget(room: 1 << 20)
        var turns = FrameTurns()
        do {
            let share = budget.share(of: .small)
            #expect(share.grow(to: 1 << 20) {})
            turns.append(ReceivedFrame(bytes: ByteBuffer(), received: 1, share: share))
        }
        let other = budget.share(of: .small)
        #expect(!other.grow(to: 1) {})
        turns.end()
        #expect(other.grow(to: 1) {})
    }
}
