import NIOCore
import StatsCore

/// A tick of an agent, of a run or live, for those who use ticks when they come.
struct ReceivedTick: Sendable {
    /// An admitted agent: its node and its columns.
    final class Sender: Sendable {
        let node: String
        /// Maps its rows to the columns of the CSV files.
        let columns: ColumnMap
        /// The names of its rows' columns, to read rows without a copy.
        let names: [TableID: FrameRows.Columns]

        init(_ hello: Hello) {
            node = hello.node
            columns = ColumnMap(tables: hello.tables)
            let known = hello.tables.compactMap { name, columns in TableID(name: name).map { ($0, FrameRows.Columns(columns)) } }
            names = Dictionary(known, uniquingKeysWith: { first, _ in first })
        }
    }

    let sender: Sender
    /// Parsed from `frame`, and so validated.
    let tick: TickFrame
    let frame: ByteBuffer
    /// When it was complete, in microseconds of the collector's clock.
    let received: Int64

    /// Whether it belongs to no run.
    var isLive: Bool { tick.header.seq == 0 }
}

/// A receiver of ticks when they come: the newest values, the log of live ticks, an exporter.
///
/// Each session calls it for each tick before a run's tick is stored, so it must not block.
protocol ReceivedTickSink: Sendable {
    func take(_ tick: ReceivedTick)

    /// Receives the agent's figures about itself.
    func take(_ ping: Ping, of node: String)
}

extension ReceivedTickSink {
    func take(_ ping: Ping, of node: String) {}
}
