/// How a row of a table is told from the others of the same node and tick. The collector keeps to it, and `sonde verify` checks it.
package enum RowKey: Sendable, Equatable {
    /// There is one row only.
    case single
    /// By that column: no two rows hold the same.
    case column(String)
    /// There may be several rows, told apart by more than one column.
    case several
    /// Rows have times of their own, and prove nothing about ticks: marks, and what the collector has to say.
    case event
}

extension TableID {
    package var rowKey: RowKey {
        switch self {
        case .host, .agent: .single
        case .container: .column("container_id")
        case .unit: .column("cgroup")
        case .cpu, .disk, .filesystem, .network, .process, .metric: .several
        case .event: .event
        }
    }
}
