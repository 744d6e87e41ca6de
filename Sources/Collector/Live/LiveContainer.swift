import StatsCore

/// One container as its row of a tick says it, with rates since the row before where there was one.
struct LiveContainer: Sendable {
    let id: String
    /// `nil` without an engine that tells it.
    let name: String?
    let node: String
    /// Its values, and how they are judged.
    let object: LiveObject
    fileprivate let reading: RowReading
    /// When its counters were read: an engine's sample may be older than the tick that carries it.
    fileprivate let mark: SampleMark

    subscript(field: String) -> LiveValue { LiveKind.container.place(field).map { object.values[$0] } ?? .unknown }
}

/// Makes containers of the rows of one tick: the one way in which the collector does, whoever asks for them.
struct LiveContainerReader {
    private let rows: FrameRows
    private let node: String
    private let surroundings: LiveSurroundings
    private let reader: RowReader

    private static let sources = LiveKind.container.fields.map(\.source)

    /// - Parameter cores: of the node.
    init(_ rows: FrameRows, node: String, cores: Double?) {
        self.rows = rows
        self.node = node
        surroundings = LiveSurroundings(cores: cores)
        reader = RowReader(Self.sources, columns: rows.columns(of: .container))
    }

    /// Calls `body` with each container and its row; rows without an id are passed over.
    /// - Parameter earlier: the container with this id at the tick before.
    func forEach(since earlier: (String) -> LiveContainer?, _ body: (LiveContainer, borrowing FrameRow) -> Void) {
        rows.forEachRow(of: .container) { row in
            guard let id = row.text("container_id") else { return }
            var reading = reader.read(row, node: node)
            var mark = SampleMark(tick: rows.time, age: row.number("sample_age_us"), started: row.count("started_us"))
            if let old = earlier(id) {
                switch mark.step(since: old.mark) {
                case .anew: break
                case .repeated:
                    reader.keep(old.reading, in: &reading)
                    mark = old.mark.repeated(at: mark)
                case .rates(let rates): reader.derive(&reading, since: old.reading, rates)
                }
            }
            let object = LiveObject(reading.values, .container, in: surroundings)
            body(LiveContainer(id: id, name: row.text("container"), node: node, object: object, reading: reading, mark: mark), row)
        }
    }
}
