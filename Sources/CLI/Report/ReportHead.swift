import StatsCore

extension ReportPage {
    /// The head of the page: the run's settings, its verdict, its nodes, its gaps and its files.
    static func head(_ run: borrowing RunOnDisk, _ remarks: [String], hasDecisions: Bool, _ page: inout HTMLBuilder) {
        let manifest = run.manifest
        page.document("\(manifest.name) – Sonde report")
        page.element("h1", manifest.name)
        page.raw(
            "<p class=\"muted\">A run recorded by Sonde \(Markup.escape(manifest.collectorVersion)), id \(Markup.escape(manifest.id))</p>")
        let verdict = manifest.verdict ?? "\(manifest.state.rawValue): the run is not closed, and has no verdict yet"
        page.raw("<p class=\"verdict \(manifest.isComplete ? "complete" : "incomplete")\"><bdi>\(Markup.escape(verdict))</bdi></p>")
        for remark in remarks { page.element("p", remark) }
        page.raw(
            """
            <nav aria-label="Sections"><a href="#nodes">Nodes</a>\(manifest.nodes.contains(where: \.isDescribed) ? "<a href=\"#environment\">Environment</a>" : "")<a href="#timeline">Timeline</a><a href="#summary">Summary</a><a href="#containers">Containers</a>\
            <a href="#removed">RAM</a>\(hasDecisions ? "<a href=\"#decisions\">Decisions</a>" : "")\
            <a href="#hosts">Hosts</a><a href="#processes">Processes</a><a href="#observer">Observer</a></nav>
            """)
        facts(run, &page)
        page.section("nodes", "Nodes") { page in
            page.table(
                ["Node", ">Ticks", ">Present", "Missing", "Kernel", "Cgroup", ">Cores", ">Memory", ">Clock offset"],
                manifest.worstNodes.named.map(Self.row) + Self.sums(manifest.worstNodes))
            if manifest.worstNodes.isCut {
                page.element("p", "The worst \(manifest.worstNodes.named.count) of all nodes; run.json has the others.")
            }
            files(manifest, &page)
        }
    }

    private static func facts(_ run: borrowing RunOnDisk, _ page: inout HTMLBuilder) {
        let manifest = run.manifest
        let length = HumanUnits.duration(microseconds: run.span.upperBound - run.span.lowerBound)
        var facts = [
            ("First tick", manifest.t0), ("Interval", Interval(microseconds: manifest.intervalUs).description),
            ("Ticks", "\(run.lastTick + 1), over \(length)"),
        ]
        if let ended = manifest.ended { facts.append(("Closed", ended)) }
        if let note = manifest.note { facts.append(("Note", note)) }
        page.raw("<dl>")
        for (name, value) in facts { page.raw("<dt>\(name)</dt><dd><bdi>\(Markup.escape(value))</bdi></dd>") }
        page.raw("</dl>")
    }

    private static func row(_ node: RunManifest.Node) -> [String?] {
        let offset = node.clockOffsetUs.map { offset in
            "\(HumanUnits.fixed(Double(offset) / 1000, digits: 2)) ms"
                + (node.clockErrorUs.map { " ± \(HumanUnits.fixed(Double($0) / 1000, digits: 2)) ms" } ?? "")
        }
        return [
            node.node, node.expected.map { "\($0)" }, node.present.map { "\($0)" }, node.missing.map(Gaps.text), node.kernel, node.cgroup,
            node.cpus.map { "\($0)" }, node.memoryBytes.map(HumanUnits.bytes), offset,
        ]
    }

    /// A row with the sums of all nodes, where not all have one.
    private static func sums(_ nodes: WorstNodes<RunManifest.Node>) -> [[String?]] {
        guard nodes.isCut else { return [] }
        func text(_ sum: UInt64?) -> String? { sum.map { "\($0)" } }
        return [
            [
                nodes.title, text(nodes.sum(\.expected)), text(nodes.sum(\.present)), Gaps.text(nodes.sums(\.missing)), nil, nil,
                text(nodes.sum { $0.cpus.map { UInt64(clamping: $0) } }), nodes.sum(\.memoryBytes).map(HumanUnits.bytes), nil,
            ]
        ]
    }

    private static func files(_ manifest: RunManifest, _ page: inout HTMLBuilder) {
        guard !manifest.files.isEmpty else { return }
        page.raw("<details><summary>Files and their SHA-256</summary>")
        page.table(
            ["File", ">Rows", ">Bytes", "SHA-256"],
            manifest.files.sorted { $0.key < $1.key }.map {
                [$0.key, "\($0.value.rows)", HumanUnits.bytes($0.value.bytes), $0.value.sha256]
            })
        page.raw("</details>")
    }
}
