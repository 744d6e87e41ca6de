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
    private let budget = MemoryBudget(MemoryBudget.Limits(all: 100, reserve: 40, address: 50, handshake: 10))

    @Test("It is one for all, and comes back when frames are done with")
    func shared() {
        var first: MemoryBudget.Share? = budget.share(of: .small)
        let second = budget.share(of: .small)
        #expect(first?.grow(to: 60) == true && !second.grow(to: 41) && second.grow(to: 40))
        first = nil
        #expect(second.grow(to: 100) && !second.grow(to: 101))
    }

    @Test("Large frames leave a reserve for small ones, and those of one address leave room for others'")
    func purses() {
        let (one, two, small) = (budget.share(of: .large("a")), budget.share(of: .large("b")), budget.share(of: .small))
        #expect(one.grow(to: 50) && !one.grow(to: 51))
        #expect(two.grow(to: 10) && !two.grow(to: 11))
        #expect(small.grow(to: 40) && !small.grow(to: 41))
    }

    @Test("Strangers can't use up what belongs to agents")
    func strangers() {
        let (stranger, agent) = (budget.share(of: .handshake), budget.share(of: .small))
        #expect(stranger.grow(to: 10) && !stranger.grow(to: 11) && agent.grow(to: 90))
    }

    @Test("Who waits is woken when there is room, the longest waiting first, and once")
    func waiting() {
        let woken = Mutex<[Int]>([])
        var share: MemoryBudget.Share? = budget.share(of: .small)
        #expect(share?.grow(to: 100) == true)
        for number in 0..<20 { budget.wait { woken.withLock { $0.append(number) } } }
        share = nil
        #expect(woken.withLock(\.self) == Array(0..<16))
        share = budget.share(of: .small)
        #expect(share?.grow(to: 1) == true)
        share = nil
        #expect(woken.withLock(\.self) == Array(0..<20))
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
