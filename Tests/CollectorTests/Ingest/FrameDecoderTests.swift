import NIOCore
import StatsCore
import Synchronization
import Testing

@testable import Collector

@Suite("Frames off the wire") struct FrameDecoderTests {
    private func framed(_ text: String) -> [UInt8] {
        let length = UInt32(text.utf8.count)
        return [UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)] + Array(text.utf8)
    }

    private func drain(_ decoder: inout FrameDecoder) throws -> [String] {
        var frames: [String] = []
        while true {
            _ = try decoder.readHeader()
            guard let frame = decoder.readFrame() else { return frames }
            frames.append(String(buffer: frame))
        }
    }

    @Test("Frames come out the same, however the bytes are cut")
    func byteByByte() throws {
        let bytes = framed("{}") + framed("{\"type\":\"x\"}") + framed("y")
        for size in 1...bytes.count {
            var decoder = FrameDecoder()
            var frames: [String] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                decoder.append(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
                frames += try drain(&decoder)
            }
            #expect(frames == ["{}", "{\"type\":\"x\"}", "y"])
            #expect(!decoder.isPartial)
        }
    }

    @Test("A length beyond the limit is refused by its header alone; the handshake lifts the limit")
    func oversize() throws {
        var decoder = FrameDecoder()
        decoder.append(ByteBuffer(bytes: [0, 0, 0x80, 0x01]))
        #expect(throws: FrameError.tooLarge(32769, limit: 32768)) { try decoder.readHeader() }
        decoder = FrameDecoder()
        decoder.limit = Frame.limit
        decoder.append(ByteBuffer(bytes: [0, 0, 0x80, 0x01]))
        #expect(try decoder.readHeader() == 32769)
        decoder = FrameDecoder()
        decoder.append(ByteBuffer(bytes: [0, 0, 0, 0]))
        #expect(throws: FrameError.empty) { try decoder.readHeader() }
    }
}

@Suite("The memory of frames under way") struct MemoryBudgetTests {
    private let budget = MemoryBudget(MemoryBudget.Limits(all: 100, large: (60, 50), handshake: (20, 10)))

    private func grow(_ share: MemoryBudget.Share?, to size: Int) -> Bool { share?.grow(to: size) {} ?? false }

    @Test("It is one for all, and comes back when frames are done with")
    func shared() {
        var first: MemoryBudget.Share? = budget.share(of: .small)
        let second = budget.share(of: .small)
        #expect(grow(first, to: 60) && grow(second, to: 40) && grow(second, to: 40))
        first = nil
        #expect(grow(second, to: 100))
    }

    @Test("Large frames leave room for small ones, those of one address for others', and strangers for agents")
    func purses() {
        let (one, two, small) = (budget.share(of: .large("a")), budget.share(of: .large("b")), budget.share(of: .small))
        let (stranger, other) = (budget.share(of: .handshake("a")), budget.share(of: .handshake("b")))
        #expect(grow(one, to: 50) && !grow(budget.share(of: .large("a")), to: 1))
        #expect(grow(two, to: 10) && !grow(budget.share(of: .large("b")), to: 1))
        #expect(grow(stranger, to: 10) && !grow(budget.share(of: .handshake("a")), to: 1))
        #expect(grow(other, to: 10) && !grow(budget.share(of: .handshake("c")), to: 1))
        #expect(grow(small, to: 20))
    }

    @Test("Who waits has what it waits for when there is room, the longest waiting first; who has gone doesn't stand in the way")
    func waiting() {
        let woken = Mutex<[Int]>([])
        var first: MemoryBudget.Share? = budget.share(of: .small)
        #expect(grow(first, to: 100))
        var waiters: [MemoryBudget.Share] = []
        for number in 0..<4 {
            let share = budget.share(of: .small)
            #expect(!share.grow(to: 40) { woken.withLock { $0.append(number) } })
            waiters.append(share)
        }
        waiters.remove(at: 1)
        first = nil
        #expect(woken.withLock(\.self) == [0, 2])
        #expect(grow(waiters[0], to: 40) && grow(waiters[1], to: 40) && !grow(budget.share(of: .small), to: 40))
        waiters.removeFirst()
        #expect(woken.withLock(\.self) == [0, 2, 3])
        waiters.removeAll()
        #expect(grow(budget.share(of: .small), to: 100))
    }
}

@Suite("Deadlines of a peer") struct PeerDeadlinesTests {
    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(1_000_000_000_000) + .seconds(seconds) }

    @Test("The handshake may take five seconds")
    func handshake() {
        var deadlines = PeerDeadlines(at: at(0))
        #expect(deadlines.next(at: at(0)) == at(5))
        #expect(deadlines.expired(at: at(4)) == nil)
        #expect(deadlines.expired(at: at(5))?.code == "handshake_timeout")
        deadlines.noteWelcome()
        #expect(deadlines.expired(at: at(5)) == nil)
    }

    @Test("A frame may be incomplete for ten seconds, dripping bytes or not; a silent peer has fifteen")
    func partial() {
        var deadlines = PeerDeadlines(at: at(0))
        deadlines.noteWelcome()
        for second in 1...10 { deadlines.noteBytes(at: at(Int64(second)), completed: false, isPartial: true) }
        #expect(deadlines.expired(at: at(10)) == nil)
        #expect(deadlines.expired(at: at(11))?.code == "frame_timeout")
        deadlines.noteBytes(at: at(11), completed: true, isPartial: false)
        #expect(deadlines.expired(at: at(25)) == nil)
        #expect(deadlines.expired(at: at(26))?.code == "silent")
    }

    @Test("While the collector doesn't read, no time passes for the peer")
    func paused() {
        var deadlines = PeerDeadlines(at: at(0))
        deadlines.noteWelcome()
        deadlines.noteBytes(at: at(1), completed: false, isPartial: true)
        deadlines.pause(at: at(2))
        #expect(deadlines.expired(at: at(100)) == nil)
        deadlines.goOn(at: at(100))
        #expect(deadlines.expired(at: at(108)) == nil)
        #expect(deadlines.expired(at: at(109))?.code == "frame_timeout")
    }

    @Test("A peer that reads nothing is given up")
    func stuck() {
        var deadlines = PeerDeadlines(at: at(0))
        deadlines.noteWritable(false, at: at(1))
        deadlines.pause(at: at(1))
        #expect(deadlines.expired(at: at(16))?.code == "stuck")
        deadlines.noteWritable(true, at: at(17))
        #expect(deadlines.expired(at: at(17)) == nil)
    }
}
