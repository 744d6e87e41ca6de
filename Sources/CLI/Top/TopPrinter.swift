import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `sonde top` for scripts and pipes: tables as plain text once, or a line of JSON for each update.
struct TopPrinter {
    /// What is shown, and by what it is sorted.
    let state: TopState
    let isOnce: Bool
    let format: OutputFormat

    /// All was printed that was asked for.
    private struct Done: Error {}

    /// The fleet is too large to be sent whole, and the collector hasn't been told yet what is wanted of it.
    private struct Wanting: Error {}

    /// A container or a node whose detail is wanted has to be among what is sent.
    private var wish: StreamWish {
        var wish = state.wish
        switch state.question {
        case .container(let name) where wish.filter.isEmpty: wish.filter = name
        case .node(let name) where wish.node == nil: wish.node = name
        default: break
        }
        return wish
    }

    func run(_ client: ControlClient) async throws {
        do {
            try await run(client, StreamRequest(question: state.question))
        } catch is Wanting {
            try await run(client, StreamRequest(question: state.question, wish: wish))
        }
    }

    private func run(_ client: ControlClient, _ request: StreamRequest) async throws {
        var model = TopModel()
        do {
            try await client.stream(request) { event in
                model.apply(event)
                if !model.isWhole, request.wish != wish { throw Wanting() }
                // Details come after the list that they belong to.
                guard state.question == .overview ? event.name != "detail" : event.name == "detail" else { return }
                try check(model)
                let text = format == .json ? try Output.json(json(model), isPretty: false) : text(model)
                // A reader that has gone away wants no more.
                guard Output.deliver(text + "\n", to: STDOUT_FILENO), !isOnce else { throw Done() }
            }
        } catch is Done {}
    }

    /// - Throws: `CommandFailure` when what was named isn't there; a stream that goes on waits for it.
    private func check(_ model: TopModel) throws(CommandFailure) {
        guard isOnce else { return }
        if let node = state.onlyNode, model.nodes[node] == nil {
            let known = model.nodes.keys.sorted().prefix(10).joined(separator: ", ")
            throw CommandFailure(
                code: "not_found", message: "No node '\(node)' is connected. " + (known.isEmpty ? "None is." : "There are: \(known)"))
        }
        if state.question != .overview, model.detail?.row == nil {
            throw CommandFailure(code: "not_found", message: model.detail?.message ?? "The collector shows nothing of it.")
        }
    }

    /// The nodes, then the containers; or one container and its processes. As wide as the terminal; into a pipe as wide as it gets.
    func text(_ model: TopModel) -> String {
        let width = isatty(STDOUT_FILENO) == 1 ? RawTerminal.columns(STDOUT_FILENO) : nil
        let order = TopOrder(model, state)
        var lines: [ScreenLine] = []
        func add(_ columns: [TopColumn], _ rows: [TopRow]) {
            let table = TopTable(columns, rows: rows, width: width)
            lines += [table.header()] + rows.map { table.line($0) }
        }
        if state.question == .overview {
            add(TopColumns.nodes, order.nodes)
            lines.append(ScreenLine())
            add(TopColumns.containers, order.containers)
            if let note = Self.note(model, order) { lines += [ScreenLine(), ScreenLine(note)] }
        } else {
            let row = model.detail?.row.flatMap { $0["key"]?.integer }.flatMap { model.containers[$0] }
            add(TopColumns.containers, row.map { [$0] } ?? [])
            lines.append(ScreenLine())
            add(TopColumns.processes, state.sort.sorted(model.detail?.row?.rows("processes") ?? [], isReversed: false))
        }
        return lines.map { line in
            String(line.text.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }

    /// What is said of a fleet that is too large to be sent whole.
    private static func note(_ model: TopModel, _ order: TopOrder) -> String? {
        // All that were asked for may be here.
        let found = model.total("containers", "found") ?? .infinity
        guard !model.isWhole, Double(order.containers.count) < found else { return nil }
        func some(_ shown: Int, _ kind: String, _ noun: String) -> String {
            "\(shown) of \(HumanUnits.count(max(shown, Int(Int64(clampingFinite: model.total(kind, "count") ?? 0))), noun))"
        }
        let nodes = some(order.nodes.count, "nodes", "node")
        return
            "\(nodes) and \(some(order.containers.count, "containers", "container")) shown: choose others with --filter, --node or --sort"
    }

    func json(_ model: TopModel) -> JSONValue {
        let order = TopOrder(model, state)
        // It counts on without being told, so that an older one would be wrong.
        let collector = model.collector.members.filter { $0.key != "uptime_s" }
        func objects(_ rows: [TopRow]) -> JSONValue {
            // Keys mean something on one connection only.
            .array(rows.map { .object($0.members.filter { $0.key != "key" }) })
        }
        var line: JSONObject = [
            "time": .string(model.time), "collector": .object(collector),
            "run": model.run.map { .object($0.members) } ?? .null,
            "nodes": objects(order.nodes), "containers": objects(order.containers),
        ]
        if !model.totals.members.isEmpty { line["totals"] = .object(model.totals.members) }
        if state.question != .overview {
            line["container"] = model.detail?.row.map { .object($0.members.filter { $0.key != "key" && $0.key != "charts" }) } ?? .null
        }
        return .object(line)
    }
}
