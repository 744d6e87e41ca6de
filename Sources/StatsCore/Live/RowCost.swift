/// What a row costs that is kept live, in bytes of memory. It is more than the row measures: the row before it is kept too, and values, the course of the
/// last minutes and answers are made of it.
enum RowCost {
    /// In which order the tables of a tick get what room there is. A host's own rows are few, and processes are many.
    static let order: [TableID] = [.host, .agent, .cpu, .disk, .filesystem, .network, .container, .process, .event]

    static func price(of bytes: Int, _ table: TableID) -> Int {
        switch table {
        // Most of it is its course, of five minutes.
        case .container: 3 * bytes + 6 * 1024
        // They are read only when somebody asks for their container.
        case .process, .event: 3 * bytes + 256
        case .host, .agent, .cpu, .disk, .filesystem, .network: 3 * bytes + 512
        }
    }
}
