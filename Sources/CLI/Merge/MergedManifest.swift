import StatsCore

/// What run.json of a merged run says.
struct MergedManifest {
    private let plan: MergePlan
    private let moved: MovedNodes
    private let name: String
    private let labels: [String: String]

    /// - Parameter labels: those that are set besides what the parts have; they settle a conflict.
    init(_ plan: MergePlan, _ moved: MovedNodes, name: String, labels: [String: String]) {
        (self.plan, self.moved, self.name, self.labels) = (plan, moved, name, labels)
    }

    func manifest(_ files: [String: RunManifest.File]) throws(CommandFailure) -> RunManifest {
        var parts = plan.parts
        for input in plan.inputs {
            guard let losses = input.losses, let damaged = input.parts.first(where: { $0.damage != nil }),
                let place = parts.firstIndex(where: { $0.id == damaged.id })
            else { continue }
            parts[place].damage? += "; \(losses)"
        }
        for place in parts.indices {
            let own = moved.nodes.values.flatMap { $0.shares.filter { $0.part == parts[place].id }.map(\.ticks) }
            if !own.isEmpty { parts[place].nodeTicks = own.sorted { $0.node < $1.node } }
        }
        let order = RunOrder(id: id, name: name, intervalUs: plan.interval, t0: plan.t0, ticks: nil)
        let versions = Set(parts.map(\.collectorVersion)).sorted().joined(separator: ", ")
        let (nodes, accounts) = nodes
        var manifest = RunManifest(order: order, note: note, labels: try mergedLabels(), collectorVersion: versions, nodes: nodes)
        let verdict = Verdict(accounts: accounts, expected: plan.lastTick + 1, files: files, parts: parts)
        manifest.state = verdict.isComplete ? .complete : .incomplete
        manifest.verdict = verdict.sentence
        manifest.parts = parts
        manifest.files = files
        manifest.lastTick = plan.lastTick
        manifest.ended = plan.inputs.map { input in
            let own = input.manifest.ended.flatMap { Timestamp.nanoseconds($0) }.map { $0 / 1000 - input.clockAhead }
            return Timestamp.string(own ?? input.grid.instant(of: input.lastTick))
        }.max()
        manifest.warnings = warnings
        manifest.environmentComparison = plan.inputs[0].manifest.environmentComparison
        for change in changes { manifest.note(change) }
        manifest.noteRemarks()
        return manifest
    }

    /// The same of the same parts.
    private var id: String {
        let digits = SHA256Sum(of: Array(plan.parts.map { "\($0.id)\n" }.joined().utf8)).hexadecimal
        var rest = digits[...]
        return [8, 4, 4, 4, 12].map { count in
            defer { rest = rest.dropFirst(count) }
            return String(rest.prefix(count))
        }.joined(separator: "-")
    }

    private var note: String? {
        let notes = Set(plan.inputs.map(\.manifest.note))
        return notes.count == 1 ? notes.first ?? nil : nil
    }

    /// All labels of all runs, without those that they differ in. What was settled when one of them was merged stays so.
    private func mergedLabels() throws(CommandFailure) -> [String: String] {
        var values: [String: Set<String>] = [:]
        for input in plan.inputs {
            let own = input.manifest.labels ?? [:]
            let parts = (input.manifest.parts ?? []).flatMap { $0.labels ?? [:] }.filter { own[$0.key] == nil }
            for (key, value) in own.map({ ($0, $1) }) + parts.map({ ($0.key, $0.value) }) { values[key, default: []].insert(value) }
        }
        let union = values.compactMapValues { $0.count == 1 ? $0.first : nil }.merging(labels) { $1 }
        do throws(RunLabels.Fault) {
            return try RunLabels.parse(union.map { "\($0.key)=\($0.value)" })
        } catch {
            throw CommandFailure(code: "bad_label", message: "The labels of all runs together can't be those of one: \(error).")
        }
    }

    private var warnings: [EnvironmentWarning]? {
        var warnings: [EnvironmentWarning] = []
        for warning in plan.inputs.flatMap({ $0.manifest.warnings ?? [] }) where !warnings.contains(warning) && warnings.count < 100 {
            warnings.append(warning)
        }
        return warnings.isEmpty ? nil : warnings
    }

    // MARK: Nodes

    /// What is said of each node is what the first run says that has it, but for its ticks.
    private var nodes: ([RunManifest.Node], [String: RunLedger.Account]) {
        var nodes: [RunManifest.Node] = []
        var places: [String: Int] = [:]
        var accounts: [String: RunLedger.Account] = [:]
        var environments = RunEnvironments()
        for input in plan.inputs {
            let whole = input.manifest.environments
            for var node in input.manifest.nodes {
                accounts[node.node, default: RunLedger.Account()].add(input.account(of: node.node).account)
                if let place = places[node.node] {
                    nodes[place].clockErrorUs = [nodes[place].clockErrorUs, node.clockErrorUs].compactMap(\.self).max()
                    continue
                }
                let told = NodeEnvironment(
                    host: whole[node.node] ?? HostEnvironment(), activity: node.activity, containers: node.containers ?? [],
                    containersLeftOut: node.containersLeftOut ?? 0)
                let isDescribed = node.isDescribed
                (node.environment, node.environmentOf) = (nil, nil)
                if isDescribed { environments.describe(&node, told) }
                places[node.node] = nodes.count
                nodes.append(node)
            }
        }
        for index in nodes.indices {
            var account = accounts[nodes[index].node] ?? RunLedger.Account()
            let ticks = recorded(nodes[index].node)
            account.nextTick = plan.lastTick + 1
            if let moved = moved[nodes[index].node] { account.missing = moved.missing }
            account.notRecorded = account.nextTick > ticks ? account.nextTick - ticks : nil
            accounts[nodes[index].node] = account
            nodes[index].expected = account.expected
            nodes[index].present = account.present
            nodes[index].missing = account.missing
            nodes[index].incompleteRows = account.incompleteRows
            nodes[index].notRecorded = account.notRecorded
        }
        return (nodes, accounts)
    }

    /// How many ticks the parts have that the node is in.
    private func recorded(_ node: String) -> UInt64 {
        var ticks = TickSet()
        for part in plan.parts where part.nodes.contains(node) { if let own = part.ticks { ticks.insert(own) } }
        return ticks.count
    }

    /// What was another one at a host when a later part began, and what the parts say themselves.
    private var changes: [EnvironmentChange] {
        var changes: [EnvironmentChange] = []
        var before: [String: HostEnvironment] = [:]
        for input in plan.inputs {
            for (node, environment) in input.manifest.environments.sorted(by: { $0.key < $1.key }) {
                if let earlier = before[node] {
                    changes += environment.differences(since: earlier).map {
                        EnvironmentChange(tick: input.shift, node: node, what: $0.text)
                    }
                }
                before[node] = environment
            }
            changes += (input.manifest.environmentChanges ?? []).map {
                EnvironmentChange(tick: $0.tick.saturatingAdding(input.shift), node: $0.node, what: $0.what)
            }
        }
        return changes
    }
}

extension RunLedger.Account {
    /// Adds what another part counts of the same node.
    fileprivate mutating func add(_ other: RunLedger.Account) {
        present = present.saturatingAdding(other.present)
        missing.addCounts(of: other.missing)
        guard let rows = other.incompleteRows else { return }
        var all = incompleteRows ?? [:]
        all.addCounts(of: rows)
        incompleteRows = all
    }
}
