/// One table: its columns in the order of a row's cells. The collector adds the leading `time`, `tick` and `node`, which aren't among them.
package struct Table: Sendable {
    package let id: TableID
    package let columns: [Column]
}

/// Every table and column: `hello` names them, `columns.csv` explains them, and their order is that of a row's cells.
package enum Catalogue {
    package static let tables: [Table] = TableID.allCases.map { Table(id: $0, columns: columns(of: $0)) }

    package static func table(_ id: TableID) -> Table { tables[id.rawValue] }

    private static func columns(of id: TableID) -> [Column] {
        var builder = CatalogueBuilder()
        switch id {
        case .host: HostTable.visit(HostReading(), &builder)
        case .cpu: CPUTable.visit(CPUReading(), &builder)
        case .disk: DiskTable.visit(DiskStats.Device(), &builder)
        case .filesystem: FilesystemTable.visit(FilesystemReading(), &builder)
        case .network: NetworkTable.visit(NetDev.Interface(), &builder)
        case .container: ContainerTable.visit(ContainerReading(), &builder)
        case .unit: UnitTable.visit(UnitReading(), &builder)
        case .process: ProcessTable.visit(ProcessReading(), &builder)
        case .metric: ScrapedTable.visit(ScrapedReading(), &builder)
        case .agent: AgentTable.visit(AgentReading(), &builder)
        case .event: EventTable.visit(EventReading(), &builder)
        }
        return builder.columns
    }
}
