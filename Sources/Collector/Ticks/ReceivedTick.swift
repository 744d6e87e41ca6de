import NIOCore
import StatsCore

/// A tick of an agent, of a run or live, for those who use ticks when they come.
struct ReceivedTick: Sendable {
    /// An admitted agent: its node and its columns.
    final class Sender: Sendable {
        let node: String
        /// The release of its host's kernel; empty where it isn't known.
        let kernel: String
        private let catalogue: SenderCatalogue.Columns

        /// Maps its rows to the columns of the CSV files.
        var columns: ColumnMap { catalogue.map }
        /// The names of its rows' columns, to read rows without a copy.
        var names: [TableID: FrameRows.Columns] { catalogue.names }
        var sent: SenderColumns { catalogue.sent }

        init(node: String, kernel: String?, _ catalogue: SenderCatalogue.Columns) {
            self.node = node
            self.kernel = kernel ?? ""
            self.catalogue = catalogue
        }

        convenience init(_ hello: Hello) { self.init(node: hello.node, kernel: hello.kernel, SenderCatalogue.Columns(hello.tables)) }
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
