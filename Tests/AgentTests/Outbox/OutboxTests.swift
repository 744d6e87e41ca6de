import NIOCore
import StatsCore
import Synchronization
import Testing

@testable import Agent

@Suite("The outbox") struct OutboxTests {
    private final class Wakes: Sendable { let count = Atomic(0) }

    /// The frames of a batch, by what they carry.
    private func contents(_ batch: [ByteBuffer]) throws -> [String] {
        try batch.map { frame in
            var frame = frame
            let length = frame.readInteger(as: UInt32.self)
            #expect(length.map(Int.init) == frame.readableBytes)
            let text = String(buffer: frame)
            guard text.hasPrefix("{") else { return text }
            return try frame.withUnsafeReadableBytes { bytes in
                switch try FrameEnvelope(bytes.bytes).type {
                case Gap.type:
                    let gap = try Gap(decoding: bytes.bytes)
                    return "gap \(gap.seq): \(gap.from)-\(gap.to) \(gap.reason.rawValue)"
                case Fin.type: return "fin \(try Fin(decoding: bytes.bytes).seq)"
                case let other: return other
                }
            }
        }
    }

    private func add(_ ticks: ClosedRange<UInt64>, to outbox: Outbox, padding: Int = 0) {
        for tick in ticks {
            outbox.append(run: "r", tick: tick) { seq, buffer in
                buffer.writeString("\(seq):\(tick)" + String(repeating: " ", count: padding))
            }
        }
    }

    @Test("Frames are numbered from 1 and sent once, in order")
    func order() throws {
        let outbox = Outbox(epoch: 1)
        add(0...2, to: outbox)
        #expect(try contents(outbox.takeBatch()) == ["1:0", "2:1", "3:2"])
        #expect(try outbox.takeBatch().isEmpty)
        #expect(outbox.position == (1, 4))
    }

    @Test("What isn't acknowledged is sent again after a rewind; what is, never")
    func rewind() throws {
        let outbox = Outbox(epoch: 1)
        add(0...3, to: outbox)
        _ = try outbox.takeBatch()
        outbox.acknowledge(through: 2)
        outbox.rewind(to: 3)
        #expect(try contents(outbox.takeBatch()) == ["3:2", "4:3"])
        outbox.rewind(to: 1)
        #expect(try contents(outbox.takeBatch()) == ["3:2", "4:3"])
        #expect(outbox.position == (3, 5))
    }

    @Test("What doesn't fit is dropped before it gets a number, and named as soon as there is room")
    func full() throws {
        let outbox = Outbox(epoch: 1, capacity: 100)
        add(0...5, to: outbox, padding: 60)
        #expect(outbox.position == (1, 3))
        _ = try outbox.takeBatch()
        outbox.acknowledge(through: 2)
        add(6...6, to: outbox)
        #expect(try contents(outbox.takeBatch()) == ["gap 3: 2-5 spool_full", "4:6"])
    }

    @Test("A run that ends while the queue is full still names what it lost")
    func fullAtEnd() throws {
        let outbox = Outbox(epoch: 1, capacity: 100)
        add(0...3, to: outbox, padding: 60)
        outbox.append(gap: 4...5, .overrun, run: "r")
        outbox.finish(run: "r")
        #expect(try contents(outbox.takeBatch()).suffix(2) == ["gap 3: 2-5 spool_full", "fin 3"])
    }

    @Test("The end of a run is told again after a rewind, until the collector has forgotten the run")
    func fin() throws {
        let outbox = Outbox(epoch: 1)
        add(0...0, to: outbox)
        outbox.finish(run: "r")
        #expect(try contents(outbox.takeBatch()) == ["1:0", "fin 1"])
        outbox.rewind(to: 1)
        #expect(try contents(outbox.takeBatch()) == ["1:0", "fin 1"])
        outbox.keepEnd(of: nil)
        outbox.rewind(to: 2)
        #expect(try outbox.takeBatch().isEmpty)
    }

    @Test("Of the live ticks only the newest is sent, behind what is recorded")
    func live() throws {
        let outbox = Outbox(epoch: 1)
        outbox.setLive { $0.writeString("old") }
        outbox.setLive { $0.writeString("new") }
        add(0...0, to: outbox)
        #expect(try contents(outbox.takeBatch()) == ["1:0", "new"])
    }

    @Test("What was lost of a run that was left is not booked on the next one, whose ticks begin at 0 again")
    func lostOfAnotherRun() throws {
        let outbox = Outbox(epoch: 1, capacity: 100)
        add(500...503, to: outbox, padding: 60)
        for tick in UInt64(0)...2 { outbox.append(run: "next", tick: tick) { _, buffer in buffer.writeString("next \(tick)") } }
        outbox.append(gap: 3...4, .overrun, run: "next")
        outbox.acknowledge(through: 2)
        outbox.append(run: "next", tick: 5) { _, buffer in buffer.writeString("next 5") }
        #expect(try contents(outbox.takeBatch()) == ["gap 3: 0-4 spool_full", "next 5"])
    }

    @Test("A frame that is too large for the wire becomes a gap under its number")
    func tooLarge() throws {
        let outbox = Outbox(epoch: 1, frameLimit: 200)
        add(0...0, to: outbox)
        add(1...1, to: outbox, padding: 300)
        add(2...2, to: outbox)
        outbox.setLive { $0.writeString(String(repeating: "x", count: 300)) }
        #expect(try contents(outbox.takeBatch()) == ["1:0", "gap 2: 1-1 spool_full", "3:2"])
    }

    @Test("A rewind to a frame that is still to come skips none", arguments: [2, UInt64.max])
    func rewindAhead(seq: UInt64) throws {
        let outbox = Outbox(epoch: 1)
        add(0...0, to: outbox)
        outbox.rewind(to: seq)
        #expect(try outbox.takeBatch().isEmpty)
        add(1...1, to: outbox)
        #expect(try contents(outbox.takeBatch()) == ["2:1"])
    }

    @Test("A long queue is sent in batches of bounded size")
    func batches() throws {
        let outbox = Outbox(epoch: 1)
        add(0...9, to: outbox, padding: 90)
        var sent: [String] = []
        while true {
            let batch = try outbox.takeBatch(limit: 250)
            if batch.isEmpty { break }
            #expect(batch.count <= 3)
            sent += try contents(batch)
        }
        #expect(sent.count == 10)
    }

    @Test("A frame goes to the disk when it is a second old, or when there is more than a mebibyte, and is then no more in memory")
    func dueForSpool() throws {
        let outbox = Outbox(epoch: 1)
        #expect(outbox.dueForSpool(now: Clocks.monotonic(), flush: true).wakeAt == nil)
        let before = Clocks.monotonic()
        add(0...1, to: outbox)
        let wakeAt = try #require(outbox.dueForSpool(now: before, flush: false).wakeAt)
        #expect(outbox.dueForSpool(now: before, flush: false).frames.isEmpty)
        #expect(outbox.dueForSpool(now: wakeAt, flush: false).frames.map(\.seq) == [1, 2])
        #expect(outbox.dueForSpool(now: before, flush: true).frames.map(\.seq) == [1, 2])
        add(2...2, to: outbox, padding: 1 << 20)
        #expect(outbox.dueForSpool(now: before, flush: false).frames.map(\.seq) == [1, 2, 3])
        outbox.noteSpooled(through: 2)
        #expect(outbox.dueForSpool(now: before, flush: true).frames.map(\.seq) == [3])
        #expect(outbox.position == (1, 4) && outbox.depth.frames == 3)
    }

    @Test("While no collector is connected a frame goes to the disk at once")
    func dueAtOnce() throws {
        let outbox = Outbox(epoch: 1)
        let before = Clocks.monotonic()
        add(0...0, to: outbox)
        #expect(outbox.dueForSpool(now: before, flush: false).frames.isEmpty)
        outbox.setConnected(false)
        #expect(outbox.dueForSpool(now: before, flush: false).frames.map(\.seq) == [1])
    }

    @Test("The spool is woken by the first frame, by each while no collector is connected, and by each when there is too much for memory")
    func spoolWakes() {
        let wakes = Wakes()
        let outbox = Outbox(epoch: 1)
        func woken(by body: () -> Void) -> Bool {
            let before = wakes.count.load(ordering: .relaxed)
            body()
            return wakes.count.load(ordering: .relaxed) > before
        }
        outbox.setSpoolWake { wakes.count.add(1, ordering: .relaxed) }
        #expect(woken { add(0...0, to: outbox) })
        #expect(!woken { add(1...1, to: outbox) })
        #expect(!woken { outbox.finish(run: "r") })
        #expect(woken { add(2...2, to: outbox, padding: 1 << 20) })
        #expect(woken { add(3...3, to: outbox) })
        outbox.noteSpooled(through: 4)
        #expect(woken { outbox.append(gap: 4...5, .overrun, run: "r") })
        #expect(!woken { add(6...6, to: outbox) })
        #expect(woken { outbox.setConnected(false) })
        #expect(woken { add(7...7, to: outbox) })
        #expect(!woken { outbox.setConnected(true) })
        #expect(!woken { add(8...8, to: outbox) })
    }

    @Test("A frame that is larger than the collector takes becomes a gap, from the moment when it says so")
    func frameLimitOfTheCollector() throws {
        let outbox = Outbox(epoch: 1)
        add(0...0, to: outbox, padding: 300)
        outbox.limitFrames(to: 200)
        add(1...1, to: outbox, padding: 300)
        #expect(try contents(outbox.takeBatch()).last == "gap 2: 1-1 spool_full")
    }

    @Test("An acknowledgement of what was never sent is taken for what there is")
    func acknowledgedAhead() throws {
        let outbox = Outbox(epoch: 1)
        add(0...1, to: outbox)
        outbox.acknowledge(through: .max)
        #expect(outbox.position == (3, 3) && outbox.isAcknowledged)
        add(2...2, to: outbox)
        #expect(try contents(outbox.takeBatch()) == ["3:2"])
    }
}
