import Foundation
import StatsCore
import Synchronization
import TestSupport

/// An agent in the test's process, on a thread of its own: it connects, delivers its book and reconnects, until it has to end.
final class SyntheticAgent: Sendable {
    /// Settings by which a test controls an agent, and counts that it reads.
    struct Conditions: Sendable {
        /// It ends its thread, and its connection without closing it properly.
        var isEnding = false
        /// It stays connected and does nothing, like a stopped process.
        var isStopped = false
        /// It doesn't connect.
        var isAway = false
        /// How far ahead of time it may make ticks (µs); beyond 10 s the collector refuses them.
        var lead: Int64 = 0
        /// The next frame is cut by a reset, at this share of its bytes.
        var cut: Double?
        /// Random numbers by which it sometimes sends frames again, or leaves some out.
        var disorder: SeededRandom?
        /// How many resets in mid-frame it has made.
        var cuts = 0
        var isWelcome = false
        /// It knows the collector's clock.
        var hasClock = false
        /// Connections that reached `welcome`.
        var welcomes = 0
        /// By code.
        var refusals: [String: Int] = [:]
        var rewinds = 0
        var threadHasEnded = false
    }

    struct State: Sendable {
        var book: SyntheticBook
        var conditions = Conditions()
    }

    let node: String
    let id: String
    private let port: UInt16
    private let state: Mutex<State>

    init(index: Int, port: UInt16, bulk: Int) {
        node = "node\(index)"
        let number = String(index, radix: 16)
        id = "5f000000-0000-4000-8000-" + String(repeating: "0", count: 12 - number.count) + number
        self.port = port
        state = Mutex(State(book: SyntheticBook(agent: id, payload: SyntheticPayload(node: node, bulk: bulk))))
    }

    func with<Result: Sendable>(_ body: (inout State) throws -> Result) rethrows -> Result {
        try state.withLock { state throws -> Result in try body(&state) }
    }

    var book: SyntheticBook { with { $0.book } }
    var conditions: Conditions { with { $0.conditions } }
    /// Whether it has all that it needs to make the ticks of a run without the collector.
    var isPrepared: Bool { with { $0.conditions.hasClock && $0.book.run != nil } }

    func begin() {
        let thread = Thread {
            while !self.conditions.isEnding {
                if !self.conditions.isAway, let link = try? SyntheticLink(port: self.port) {
                    try? self.serve(link)
                    self.with {
                        $0.conditions.isWelcome = false
                        $0.conditions.hasClock = false
                    }
                }
                // The pace at which it tries again.
                usleep(10_000)
            }
            self.with { $0.conditions.threadHasEnded = true }
        }
        thread.stackSize = 1 << 20
        thread.start()
    }

    // MARK: A connection

    /// The state of a connection.
    private struct Delivery {
        var stream: SyntheticBook.Stream
        /// Whether the collector has requested a frame that hasn't been sent since.
        var isAsked = false
        var next: UInt64 = 1
        var isOpen = false
        /// The collector's clock minus the monotonic one (µs), once measured.
        var offset: Int64?
        var nextPing: Int64 = 0
        var heard = SyntheticAgent.monotonic()
        var said: Fin?
    }

    static func monotonic() -> Int64 { Int64(Clocks.monotonic() / 1000) }

    private func serve(_ link: SyntheticLink) throws {
        var delivery = Delivery(stream: with { $0.book.streamToDeliver() })
        while !conditions.isEnding, !conditions.isAway {
            if conditions.isStopped {
                // The pace at which it looks whether it may go on: a process that is stopped has none.
                usleep(10_000)
                continue
            }
            if delivery.isOpen { try fill(link, &delivery) }
            for payload in try link.exchange(milliseconds: 5) {
                delivery.heard = Self.monotonic()
                try receive(payload, link, &delivery)
            }
            if Self.monotonic() - delivery.heard > 15_000_000 { throw SyntheticLink.Ended() }
            let isDone = with { state in
                delivery.isOpen && state.book.streams.count > 1 && state.book.streamToDeliver().epoch != delivery.stream.epoch
            }
            // The earlier epoch is delivered; the next one needs a connection of its own.
            if isDone { return }
        }
    }

    /// Puts the next messages into the link.
    private func fill(_ link: SyntheticLink, _ delivery: inout Delivery) throws {
        let now = Self.monotonic()
        if now >= delivery.nextPing {
            delivery.nextPing = now + 1_000_000
            let backlog = with { UInt64($0.book.backlog) }
            link.queue(
                try SyntheticPayload.frame(
                    Ping(t1: now, offset: delivery.offset, error: 100, backlogFrames: backlog, backlogBytes: backlog)))
        }
        let epoch = delivery.stream.epoch
        let (bytes, next, fin, cut) = try with { state in
            if let offset = delivery.offset { try state.book.generate(now: now + offset + state.conditions.lead) }
            // A requested frame is always sent: the collector requests it only once, since a connection loses nothing.
            if !delivery.isAsked, var random = state.conditions.disorder {
                delivery.next = Self.shuffled(delivery.next, &random, state.book.streams[0])
                state.conditions.disorder = random
            }
            let room = link.waiting < 1 << 18 ? 1 << 18 : 0
            let (bytes, next) = room > 0 ? state.book.frames(epoch: epoch, from: delivery.next, limit: room) : ([], delivery.next)
            if !bytes.isEmpty { delivery.isAsked = false }
            let cut = bytes.isEmpty ? nil : state.conditions.cut
            if cut != nil {
                state.conditions.cut = nil
                state.conditions.cuts += 1
            }
            let isSent = state.book.fin.map { $0.epoch == epoch && next > $0.seq } ?? false
            return (bytes, next, isSent ? state.book.fin : nil, cut)
        }
        delivery.next = next
        link.queue(bytes)
        if let cut {
            link.reset(after: max(1, Int(Double(bytes.count) * cut)))
            throw SyntheticLink.Ended()
        }
        if let fin, fin != delivery.said {
            delivery.said = fin
            link.queue(try SyntheticPayload.frame(fin))
        }
    }

    /// The frame with which a careless agent continues instead of `next`.
    private static func shuffled(_ next: UInt64, _ random: inout SeededRandom, _ stream: SyntheticBook.Stream) -> UInt64 {
        let jump = random.next() % 5
        switch random.next() % 12 {
        case 0: return next > jump + 1 ? next - jump : 1
        case 1: return min(next + jump, stream.nextSeq)
        default: return next
        }
    }

    private func receive(_ payload: [UInt8], _ link: SyntheticLink, _ delivery: inout Delivery) throws {
        let span = payload.span.bytes
        switch try FrameEnvelope(span).type {
        case Challenge.type: link.queue(try SyntheticPayload.frame(hello(delivery.stream)))
        case Welcome.type:
            let welcome = try Welcome(decoding: span)
            delivery.next = delivery.stream.firstUnacked
            if let last = welcome.last, last.epoch == delivery.stream.epoch {
                with { $0.book.acknowledge(epoch: last.epoch, seq: last.seq) }
                delivery.next = max(delivery.next, last.seq + 1)
            }
            delivery.isOpen = true
            try obey(welcome.run, welcome.stop, delivery)
            with {
                $0.conditions.isWelcome = true
                $0.conditions.welcomes += 1
            }
        case RunOrder.type: try obey(try RunOrder(decoding: span), nil, delivery)
        case StopOrder.type: try obey(nil, try StopOrder(decoding: span), delivery)
        case Ack.type:
            let ack = try Ack(decoding: span)
            with { $0.book.acknowledge(epoch: ack.epoch, seq: ack.seq) }
        case Rewind.type:
            delivery.next = try Rewind(decoding: span).seq
            delivery.isAsked = true
            with { $0.conditions.rewinds += 1 }
        case Pong.type:
            let pong = try Pong(decoding: span)
            delivery.offset = pong.t2 - (pong.t1 + Self.monotonic()) / 2
            with { $0.conditions.hasClock = true }
        case Refusal.type:
            let refusal = try Refusal(decoding: span)
            with { $0.conditions.refusals[refusal.code, default: 0] += 1 }
            throw SyntheticLink.Ended()
        default: break
        }
    }

    private func obey(_ run: RunOrder?, _ stop: StopOrder?, _ delivery: Delivery) throws {
        with { state in
            // An order may come before the clock was measured. The run has then just begun, or a late joiner's first tick is tick 0.
            if let run { state.book.obey(run, now: delivery.offset.map { Self.monotonic() + $0 } ?? 0) }
            if let stop { state.book.obey(stop) }
        }
    }

    private func hello(_ stream: SyntheticBook.Stream) -> Hello {
        with { state in
            let present = state.book.streams.first { $0.epoch == stream.epoch } ?? stream
            return Hello(
                agent: id, epoch: present.epoch, epochID: present.epochID, node: node, monitor: "OSMonitor_\(node)", version: "synthetic",
                tables: SyntheticPayload.tables, firstUnacked: present.firstUnacked, nextSeq: present.nextSeq)
        }
    }
}
