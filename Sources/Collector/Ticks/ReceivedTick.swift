import NIOCore
import StatsCore

/// A tick that an agent has sent, of a run or live, on its way to whoever looks at ticks as they come.
struct ReceivedTick: Sendable {
    /// An agent that was let in: its node, and what the cells of its rows are.
    final class Sender: Sendable {
        let node: String
        /// How its rows become those of our files.
        let columns: ColumnMap
        /// What its rows' cells are called, for those who look at them where they stand.
        let names: [TableID: FrameRows.Columns]

        init(_ hello: Hello) {
            node = hello.node
            columns = ColumnMap(tables: hello.tables)
            let known = hello.tables.compactMap { name, columns in TableID(name: name).map { ($0, FrameRows.Columns(columns)) } }
            names = Dictionary(known, uniquingKeysWith: { first, _ in first })
        }
    }

    let sender: Sender
    /// Parsed from `frame`, and therefore validated.
    let tick: TickFrame
    let frame: ByteBuffer
    /// When it was complete, in microseconds of the collector's clock.
    let received: Int64

    /// Whether it belongs to no run.
    var isLive: Bool { tick.header.seq == 0 }
}

/// Whoever wants what agents send as it comes: the newest values, the log of live ticks, an exporter.
///
/// It is called by each session for each tick, before a run's tick is stored: it must not wait.
protocol ReceivedTickSink: Sendable {
    func take(_ tick: ReceivedTick)

    /// What a node's agent says of itself.
    func take(_ ping: Ping, of node: String)
}

extension ReceivedTickSink {
    func take(_ ping: Ping, of node: String) {}
}
