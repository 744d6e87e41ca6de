import NIOCore
import StatsCore

/// An agent that was let in, and where its ticks go.
struct SessionMember: Sendable {
    let agent: String
    let entry: Recorder.Entry
    let sender: ReceivedTick.Sender

    /// Passes a tick on to whoever wants it when it comes.
    func show(_ incoming: Incoming, _ frame: ReceivedFrame, to sinks: [any ReceivedTickSink]) {
        guard case .tick(let tick) = incoming else { return }
        let received = ReceivedTick(sender: sender, tick: tick, frame: frame.bytes, received: frame.received)
        for sink in sinks { sink.take(received) }
    }

    /// Stores a tick or a gap.
    /// - Returns: `nil` for what is neither.
    func store(_ incoming: Incoming, _ frame: ReceivedFrame, in lane: Lane, now: Int64) -> Lane.Receipt? {
        switch incoming {
        case .tick(let tick): lane.store(tick, frame: frame.bytes.readableBytesSpan, at: entry.place, of: entry.session, now: now)
        case .gap(let gap): lane.store(gap, at: entry.place, of: entry.session, now: now)
        default: nil
        }
    }
}
