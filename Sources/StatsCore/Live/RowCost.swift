/// What a row costs that is kept live, in bytes of memory. It is more than the row measures: the row before it is kept too, and values, the course of the
/// last minutes and answers are made of it.
enum RowCost {
    /// In which order the tables of a tick get what room there is.
    static let order = TableID.allCases.sorted { (terms($0).rank, $0.rawValue) < (terms($1).rank, $1.rawValue) }

    static func price(of bytes: Int, _ table: TableID) -> Int { 3 * bytes + terms(table).fixed }

    private static func terms(_ table: TableID) -> (rank: Int, fixed: Int) {
        switch table {
        // A host's own rows are few.
        case .host, .agent, .cpu, .disk, .filesystem, .network: (0, 512)
        // Most of it is its course, of five minutes.
        case .container: (1, 6 * 1024)
        case .unit: (2, 512)
        // They are many, and read only when somebody asks for their container.
        case .process: (3, 256)
        case .metric: (4, 256)
        case .event: (5, 256)
        }
    }
}
