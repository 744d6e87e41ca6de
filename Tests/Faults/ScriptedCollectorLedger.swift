import StatsCore

/// A collector's knowledge of one agent's frames, and the rules that the agent broke. Pure.
///
/// A frame becomes durable only with `commit`; `crash` forgets the others, as a killed collector does. But the payload of every identity is
/// remembered: the same identity must not come with another payload.
struct DeliveryLedger {
    /// A frame that was taken, and the new ticks of the run that it covers.
    struct Entry {
        let epoch: UInt64
        let seqs: ClosedRange<UInt64>
        let ticks: ClosedRange<UInt64>
        let reason: GapReason?
    }

    private struct Seen {
        var digest: Int
        var ticks: ClosedRange<UInt64>
        var isWithdrawn: Bool
    }

    private struct Stream {
        var epochID: String?
        var accepted: UInt64 = 0
        var durable: UInt64 = 0
        var seen: [UInt64: Seen] = [:]
    }

    enum Answer: Equatable {
        case stored
        case again
        case rewind(to: UInt64)
    }

    /// The run that the agent was ordered to record.
    let run: String
    /// The rules that the agent broke.
    private(set) var violations: [String] = []
    /// Frames that the agent no longer has and the collector never got. This is correct only if the agent's disk was damaged.
    private(set) var losses: [ClosedRange<UInt64>] = []
    /// In the order in which they came.
    private(set) var entries: [Entry] = []
    /// How many of `entries` are durable.
    private var durableEntries = 0
    private var streams: [UInt64: Stream] = [:]
    /// The newest epoch that the collector knows.
    private(set) var epoch: UInt64 = 0
    /// How many frames came more than once.
    private(set) var repeated = 0
    /// How many frames came and were replaced by a gap before they were durable.
    private(set) var withdrawn = 0

    init(run: String) { self.run = run }

    /// An agent's `hello` has come.
    /// - Returns: the collector's position, for `welcome`; `nil` when the agent may no longer come with this epoch.
    mutating func greet(_ hello: Hello) -> StreamPosition? {
        var stream = streams[hello.epoch] ?? Stream()
        defer { streams[hello.epoch] = stream }
        if let known = stream.epochID, known != hello.epochID { accuse("epoch \(hello.epoch) has begun twice") }
        stream.epochID = hello.epochID
        if hello.epoch < epoch {
            accuse("epoch \(hello.epoch) comes behind epoch \(epoch)")
            return nil
        }
        epoch = hello.epoch
        if hello.firstUnacked > stream.accepted + 1 {
            losses.append(stream.accepted + 1...hello.firstUnacked - 1)
            stream.accepted = hello.firstUnacked - 1
            stream.durable = stream.accepted
        }
        return StreamPosition(epoch: epoch, seq: stream.durable)
    }

    /// A numbered frame has come on a connection of this epoch.
    mutating func take(_ frame: SequencedFrame, on connection: UInt64) -> Answer {
        guard frame.epoch == connection, var stream = streams[connection] else {
            accuse("a frame of epoch \(frame.epoch) on a connection of epoch \(connection)")
            return .again
        }
        defer { streams[connection] = stream }
        compare(frame, &stream)
        let next = stream.accepted + 1
        guard frame.seqs.upperBound >= next else {
            repeated += 1
            return .again
        }
        guard frame.seqs.lowerBound <= next else { return .rewind(to: next) }
        stream.accepted = frame.seqs.upperBound
        if frame.run == run { account(frame) }
        return .stored
    }

    /// Makes everything that was taken durable.
    /// - Returns: the position to acknowledge: the newest epoch's last frame, if there is one.
    mutating func commit() -> StreamPosition? {
        durableEntries = entries.count
        guard let stream = streams[epoch], stream.accepted > 0 else { return nil }
        streams[epoch]?.durable = stream.accepted
        return StreamPosition(epoch: epoch, seq: stream.accepted)
    }

    /// Forgets everything that isn't durable.
    mutating func crash() {
        entries.removeLast(entries.count - durableEntries)
        streams = streams.mapValues { stream in
            var stream = stream
            stream.accepted = stream.durable
            return stream
        }
        epoch = streams.filter { $0.value.durable > 0 }.keys.max() ?? 0
    }

    /// The last number that was taken of the newest epoch.
    var accepted: UInt64 { streams[epoch]?.accepted ?? 0 }

    var isDurable: Bool { durableEntries == entries.count }

    mutating func accuse(_ what: String) {
        // A rule that every frame breaks needn't be reported each time.
        if violations.count < 50 { violations.append(what) }
    }

    /// I3: the same identity never has two payloads. A `gap` may replace frames, and names exactly their ticks.
    private mutating func compare(_ frame: SequencedFrame, _ stream: inout Stream) {
        let seq = frame.seqs.upperBound
        if let seen = stream.seen[seq], seen.digest != frame.digest, !frame.isWithdrawal {
            accuse("frame \(frame.epoch)/\(seq) has two payloads: of tick \(seen.ticks), and of \(frame.ticks)")
        }
        if frame.isWithdrawal {
            for seq in stream.seen.keys where frame.seqs.contains(seq) {
                guard let seen = stream.seen[seq], !seen.isWithdrawn else { continue }
                withdrawn += 1
                stream.seen[seq]?.isWithdrawn = true
                if !frame.ticks.contains(seen.ticks) {
                    accuse("frame \(frame.epoch)/\(seq) of ticks \(seen.ticks) was taken back by a gap of ticks \(frame.ticks)")
                }
            }
        }
        stream.seen[seq] = Seen(digest: frame.digest, ticks: frame.ticks, isWithdrawn: frame.isWithdrawal)
    }

    /// I1 and I4: ticks ascend, and within an epoch none is left out.
    private mutating func account(_ frame: SequencedFrame) {
        var ticks = frame.ticks
        if let last = entries.last {
            let next = last.ticks.upperBound + 1
            if ticks.upperBound < next || (ticks.lowerBound < next && !frame.isWithdrawal) {
                accuse("tick \(ticks) of frame \(frame.epoch)/\(frame.seqs) comes behind tick \(next - 1)")
                return
            }
            if last.epoch == frame.epoch, ticks.lowerBound > next, losses.isEmpty {
                accuse("ticks \(next)...\(ticks.lowerBound - 1) of epoch \(frame.epoch) are in no frame and in no gap")
            }
            ticks = max(ticks.lowerBound, next)...ticks.upperBound
        }
        entries.append(Entry(epoch: frame.epoch, seqs: frame.seqs, ticks: ticks, reason: frame.reason))
    }
}
