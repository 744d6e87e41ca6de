import StatsCore

/// One container as its row of a tick says it, with rates since the row before where there was one.
struct LiveContainer: Sendable {
    let id: String
    /// `nil` without an engine that tells it.
    let name: String?
    let node: String
    /// Its values, and how they are judged.
    let object: LiveObject
    /// What its row said; `nil` of one that has no row.
    fileprivate let row: (reading: RowReading, mark: SampleMark)?

    subscript(field: String) -> LiveValue { LiveKind.container.place(field).map { object.values[$0] } ?? .unknown }
}

extension LiveContainer {
    /// One that has no row, of which these values are known all the same.
    init(_ values: [LiveValue], id: String, node: String) {
        let name = LiveKind.container.place("name").flatMap { values[$0].text }
        self.init(id: id, name: name, node: node, object: LiveObject(values, .container), row: nil)
    }
}

/// Makes containers of the rows of one tick: the one way in which the collector does, whoever asks for them.
struct LiveContainerReader {
    private let rows: FrameRows
    let node: String
    private let surroundings: LiveSurroundings
    private let reader: RowReader

    private static let sources = LiveKind.container.fields.map(\.source)

    /// The instant of the tick, in microseconds since 1970.
    var time: Int64 { rows.time }

    /// - Parameter cores: of the node.
    init(_ rows: FrameRows, node: String, cores: Double?) {
        self.rows = rows
        self.node = node
        surroundings = LiveSurroundings(cores: cores)
        reader = RowReader(Self.sources, columns: rows.columns(of: .container))
    }

    /// Calls `body` with each container and its row; rows without an id are passed over.
    /// - Parameters:
    ///   - earlier: the container with this id at the tick before.
    ///   - complete: sets the values that no row says, before they are judged.
    func forEach(
        since earlier: (String) -> LiveContainer? = { _ in nil }, complete: (_ id: String, inout [LiveValue]) -> Void = { _, _ in },
        _ body: (LiveContainer, borrowing FrameRow) -> Void
    ) {
        rows.forEachRow(of: .container) { row in
            if let container = container(row, since: earlier, complete: complete) { body(container, row) }
        }
    }

    /// - Returns: `nil` for a row without an id.
    func container(
        _ row: borrowing FrameRow, since earlier: (String) -> LiveContainer? = { _ in nil },
        complete: (_ id: String, inout [LiveValue]) -> Void = { _, _ in }
    ) -> LiveContainer? {
        guard let id = row.text("container_id") else { return nil }
        var reading = reader.read(row, node: node)
        // An engine's sample may be older than the tick that carries it.
        var mark = SampleMark(tick: rows.time, age: row.number("sample_age_us"), started: row.count("started_us"))
        if let old = earlier(id)?.row {
            switch mark.step(since: old.mark) {
            case .anew: break
            case .repeated:
                reader.keep(old.reading, in: &reading)
                mark = old.mark.repeated(at: mark)
            case .rates(let rates): reader.derive(&reading, since: old.reading, rates)
            }
        }
        complete(id, &reading.values)
        let object = LiveObject(reading.values, .container, in: surroundings)
        return LiveContainer(id: id, name: row.text("container"), node: node, object: object, row: (reading, mark))
    }
}
