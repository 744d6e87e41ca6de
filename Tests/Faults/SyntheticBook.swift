import StatsCore
import TestSupport

/// Everything that one synthetic agent has sent and still keeps, by the full rules of delivery (docs/PROTOCOL.md): kept until acknowledged, epoch
/// after epoch. It also remembers every frame for the checks. Pure.
struct SyntheticBook: Sendable {
    /// A frame's identity and what it stands for.
    struct Entry: Sendable, Equatable {
        enum Content: Sendable, Equatable {
            case tick(UInt64)
            case gap(ClosedRange<UInt64>, GapReason)
        }

        let epoch: UInt64
        let firstSeq: UInt64
        let seq: UInt64
        let run: String
        let content: Content
    }

    struct Frame: Sendable {
        let entry: Entry
        let bytes: [UInt8]
    }

    /// The frames of one epoch that are not acknowledged, without a hole.
    struct Stream: Sendable {
        let epoch: UInt64
        let epochID: String
        var frames: [Frame] = []
        var nextSeq: UInt64 = 1
        var acknowledged: UInt64 = 0

        /// The lowest number that is still kept; the next number if none is.
        var firstUnacked: UInt64 { frames.first?.entry.firstSeq ?? nextSeq }
    }

    let agent: String
    let payload: SyntheticPayload
    /// Oldest first; the last is the current epoch's.
    private(set) var streams: [Stream]
    private(set) var run: RunOrder?
    private(set) var stop: StopOrder?
    private(set) var nextTick: UInt64 = 0
    /// Every frame that ever got a number, in order.
    private(set) var history: [Entry] = []
    /// The last acknowledged number of each epoch.
    private(set) var acknowledged: [UInt64: UInt64] = [:]
    /// Entries that the agent itself lost, in a crash without a spool.
    private(set) var lost: [Entry] = []

    init(agent: String, payload: SyntheticPayload) {
        self.agent = agent
        self.payload = payload
        streams = [Stream(epoch: 1, epochID: "\(agent)-1")]
    }

    var backlog: Int { streams.reduce(0) { $0 + $1.frames.count } }
    private var current: Int { streams.count - 1 }

    // MARK: Orders

    mutating func obey(_ order: RunOrder, now: Int64) {
        guard run?.id != order.id else { return }
        run = order
        stop = nil
        // A late joiner starts at the next tick of the grid.
        nextTick = now > order.t0 ? UInt64((now - order.t0) / order.intervalUs) + 1 : 0
    }

    mutating func obey(_ order: StopOrder) { if order.run == run?.id { stop = order } }

    /// One more than the last tick of the run, once that is known.
    private var end: UInt64? { stop.map { $0.lastTick.map { $0 + 1 } ?? 0 } ?? run?.ticks }

    /// The `fin` of the run, once all of its frames have numbers.
    var fin: Fin? {
        guard let run, let end, nextTick >= end else { return nil }
        return Fin(run: run.id, epoch: streams[current].epoch, seq: streams[current].nextSeq - 1)
    }

    // MARK: Ticks

    /// Makes the frames of all ticks that are due at `now` (µs of the collector's clock).
    mutating func generate(now: Int64) throws {
        guard let run else { return }
        while nextTick < end ?? .max, run.t0 + Int64(nextTick) * run.intervalUs <= now {
            let epoch = streams[current].epoch
            let seq = streams[current].nextSeq
            if payload.isOverrun(nextTick) {
                try add(Gap(run: run.id, epoch: epoch, seq: seq, from: nextTick, to: nextTick, reason: .overrun))
            } else {
                let entry = Entry(epoch: epoch, firstSeq: seq, seq: seq, run: run.id, content: .tick(nextTick))
                add(Frame(entry: entry, bytes: payload.tick(nextTick, run: run, epoch: epoch, seq: seq)))
            }
            nextTick += 1
        }
    }

    private mutating func add(_ gap: Gap) throws { add(try Self.frame(gap)) }

    private mutating func add(_ frame: Frame) {
        streams[current].frames.append(frame)
        streams[current].nextSeq = frame.entry.seq + 1
        history.append(frame.entry)
    }

    private static func frame(_ gap: Gap) throws -> Frame {
        let entry = Entry(
            epoch: gap.epoch, firstSeq: gap.firstSeq ?? gap.seq, seq: gap.seq, run: gap.run, content: .gap(gap.from...gap.to, gap.reason))
        return Frame(entry: entry, bytes: try SyntheticPayload.frame(gap))
    }

    // MARK: Delivery

    mutating func acknowledge(epoch: UInt64, seq: UInt64) {
        acknowledged[epoch] = max(acknowledged[epoch] ?? 0, seq)
        guard let index = streams.firstIndex(where: { $0.epoch == epoch }) else { return }
        streams[index].frames.removeFirst(streams[index].frames.prefix { $0.entry.seq <= seq }.count)
    }

    /// The stream for the next connection: the oldest one that isn't completely acknowledged. Streams that are get forgotten.
    mutating func streamToDeliver() -> Stream {
        while streams.count > 1, streams[0].frames.isEmpty { streams.removeFirst() }
        return streams[0]
    }

    /// Frames of an epoch from `seq` on, about `limit` bytes.
    func frames(epoch: UInt64, from seq: UInt64, limit: Int) -> (bytes: [UInt8], next: UInt64) {
        guard let stream = streams.first(where: { $0.epoch == epoch }), let first = stream.frames.first?.entry.firstSeq else {
            return ([], seq)
        }
        var bytes: [UInt8] = []
        var next = seq
        // Numbers are dense, except where a gap stands for several; such a gap comes first.
        var index = min(stream.frames.count - 1, max(Int(seq) - Int(first), 0))
        while index > 0, stream.frames[index].entry.firstSeq > seq { index -= 1 }
        while index < stream.frames.count, bytes.count < limit {
            let frame = stream.frames[index]
            index += 1
            guard frame.entry.seq >= next else { continue }
            bytes += frame.bytes
            next = frame.entry.seq + 1
        }
        return (bytes, next)
    }

    // MARK: Faults

    /// Starts a new epoch, as after a crash; of the unacknowledged frames the last `losing` are lost.
    mutating func restart(losing count: Int) {
        let gone = streams[current].frames.suffix(count).map(\.entry)
        lost += gone
        streams[current].frames.removeLast(gone.count)
        let epoch = streams[current].epoch + 1
        streams.append(Stream(epoch: epoch, epochID: "\(agent)-\(epoch)"))
    }

    /// The quota is reached: a gap replaces the oldest `count` frames.
    mutating func dropOldest(_ count: Int) throws {
        let frames = streams[current].frames.prefix(count)
        guard let first = frames.first?.entry, let last = frames.last?.entry else { return }
        func ticks(_ entry: Entry) -> ClosedRange<UInt64> {
            switch entry.content {
            case .tick(let tick): tick...tick
            case .gap(let range, _): range
            }
        }
        let gap = Gap(
            run: first.run, epoch: first.epoch, seq: last.seq, firstSeq: first.firstSeq, from: ticks(first).lowerBound,
            to: ticks(last).upperBound, reason: .spoolFull)
        streams[current].frames.replaceSubrange(0..<frames.count, with: [try Self.frame(gap)])
        history.append(try Self.frame(gap).entry)
    }
}
