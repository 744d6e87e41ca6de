import StatsCore

/// The things that instances belong to, of several kinds at once, and what the rows of all their instances add up to.
///
/// An instance belongs to one thing of each kind at a time: a container to one image, a process to the program that it runs now.
struct SubjectBook: Sendable {
    private let plan: UsePlan
    /// For each kind of each instance: the number of its thing, −1 as long as nobody knows.
    private var subjects: [Int] = []
    /// For each kind.
    private var sums: [SubjectSums]
    private var names: [[String: Int]]
    private var keys: [KeyTable]
    private var key: [UInt8] = []

    init(_ plan: UsePlan, interval: Int64, areManyNodes: Bool) {
        self.plan = plan
        sums = plan.kinds.map { SubjectSums($0, plan.measures, interval: interval, areManyNodes: areManyNodes) }
        names = plan.kinds.map { _ in [:] }
        keys = plan.kinds.map { _ in KeyTable() }
    }

    /// A further instance, of which nothing is known.
    mutating func addInstance() { subjects.append(contentsOf: repeatElement(-1, count: plan.kinds.count)) }

    // MARK: Values

    /// Adds what a counter of an instance grew by, over a time in microseconds of its clock, to each thing that it belongs to.
    /// - Parameter isShared: whether its traffic is another container's, whose network it uses.
    mutating func grow(_ instance: Int, _ measure: Int, isShared: Bool, by growth: Double, from start: Int64, to end: Int64) {
        for kind in plan.kinds.indices {
            guard let subject = subject(of: instance, kind, measure, isShared) else { continue }
            sums[kind].grow(subject, measure, by: growth, from: start, to: end)
        }
    }

    /// Adds a value of an instance at a tick, which stands for so many intervals, to each thing that it belongs to.
    mutating func add(_ value: Double, of instance: Int, _ measure: Int, isShared: Bool, at tick: UInt64, span: Int64) {
        for kind in plan.kinds.indices {
            guard let subject = subject(of: instance, kind, measure, isShared), let open = sums[kind].open(tick, of: subject) else {
                continue
            }
            sums[kind].add(value, span: span, at: open + measure)
        }
    }

    /// Notes a value that an instance reached for certain, between two rows.
    mutating func reach(_ value: Double, of instance: Int, _ measure: Int) {
        for kind in plan.kinds.indices {
            let subject = subjects[instance * plan.kinds.count + kind]
            if subject >= 0 { sums[kind].reach(value, subject, measure) }
        }
    }

    // MARK: Things

    /// The thing of a kind that a measure of an instance counts for.
    private func subject(of instance: Int, _ kind: Int, _ measure: Int, _ isShared: Bool) -> Int? {
        let subject = subjects[instance * plan.kinds.count + kind]
        guard subject >= 0, !(isShared && plan.measures[measure].isOfNamespace && plan.kinds[kind].spansNodes) else { return nil }
        return subject
    }

    /// Finds the things that an instance belongs to, and takes over what the row tells of them.
    /// - Parameter node: of the instance.
    mutating func find(_ row: borrowing TableRow, of instance: Int, on node: String) {
        for kind in plan.kinds.indices { find(row, kind, instance, node) }
    }

    private mutating func find(_ row: borrowing TableRow, _ kind: Int, _ instance: Int, _ node: String) {
        let place = instance * plan.kinds.count + kind
        if let slots = plan.keys[kind] {
            row.makeKey(slots, &key)
            let subject = keys[kind].number(of: key)
            if subject == sums[kind].count { _ = sums[kind].add(node: node) }
            if subjects[place] != subject {
                if subjects[place] >= 0 { sums[kind].instances[subjects[place]] -= 1 }
                sums[kind].instances[subject] += 1
                subjects[place] = subject
                if plan.kinds[kind] == .metric {
                    sums[kind].facts[subject].name = Self.series(row)
                } else {
                    Self.tellProgram(row, &sums[kind].facts[subject])
                }
            }
            // A container is named a moment after its first row.
            if plan.kinds[kind] == .program { row.update(&sums[kind].facts[subject].container, from: "container") }
            return
        }
        if subjects[place] < 0 {
            guard let subject = subject(row, kind, node) else { return }
            subjects[place] = subject
            sums[kind].instances[subject] += 1
        }
        Self.tell(row, plan.kinds[kind], &sums[kind].facts[subjects[place]])
    }

    /// - Returns: `nil` as long as no row tells it.
    private mutating func subject(_ row: borrowing TableRow, _ kind: Int, _ node: String) -> Int? {
        let name: String?
        switch plan.kinds[kind] {
        // Named when all rows are known, since it may be renamed, or named late.
        case .container, .unit: return sums[kind].add(node: node)
        case .host, .process, .program, .metric: name = node
        case .name: name = row.text("container")
        case .image: name = row.text("image")
        case .service: name = Self.service(row)
        }
        guard let name else { return nil }
        if let known = names[kind][name] { return known }
        let subject = sums[kind].add(node: plan.kinds[kind] == .host ? node : "")
        sums[kind].facts[subject].name = name
        names[kind][name] = subject
        return subject
    }

    private static func service(_ row: borrowing TableRow) -> String? {
        if let service = row.text("swarm_service") { return service }
        if let service = row.text("compose_service") { return (row.text("compose_project").map { $0 + "/" } ?? "") + service }
        guard let container = row.text("kubernetes_container") else { return nil }
        return (row.text("kubernetes_namespace").map { $0 + "/" } ?? "") + container
    }

    private static func tell(_ row: borrowing TableRow, _ kind: SubjectKind, _ facts: inout SubjectFacts) {
        switch kind {
        case .container:
            row.update(&facts.name, from: "container")
            row.update(&facts.image, from: "image")
            if facts.id == nil { facts.id = row.text("container_id") }
        case .unit:
            row.update(&facts.name, from: "unit")
            row.update(&facts.unitKind, from: "unit_kind")
            if facts.id == nil { facts.id = row.text("cgroup") }
        default: break
        }
    }

    /// `app: http_requests_total{"code":"200"}`
    private static func series(_ row: borrowing TableRow) -> String {
        let labels = row.text("labels").flatMap { $0 == "{}" ? nil : $0 } ?? ""
        return "\(row.text("target") ?? ""): \(row.text("name") ?? "")\(labels)"
    }

    private static func tellProgram(_ row: borrowing TableRow, _ facts: inout SubjectFacts) {
        row.update(&facts.name, from: "comm")
        row.update(&facts.container, from: "container")
        row.update(&facts.containerID, from: "container_id")
        row.update(&facts.unit, from: "unit")
        row.update(&facts.user, from: "user")
        row.update(&facts.uid, from: "uid")
    }

    // MARK: The result

    /// How many values came too late to count in a quantile.
    var tooLate: UInt64 { sums.reduce(0) { $0 + $1.tooLate } }

    mutating func finish() -> [SubjectUse] {
        var uses: [SubjectUse] = []
        for kind in sums.indices {
            let of = plan.kinds[kind]
            uses += sums[kind].finish { facts, node in Self.name(facts, node, of) }
        }
        return uses
    }

    private static func name(_ facts: SubjectFacts, _ node: String, _ kind: SubjectKind) -> Subject? {
        switch kind {
        case .host: Subject(kind: kind, node: node, name: node)
        case .container: Subject(kind: kind, node: node, name: facts.name ?? String((facts.id ?? "").prefix(12)))
        case .unit: Subject(kind: kind, node: node, name: facts.name ?? facts.id ?? "")
        case .name, .service, .image: Subject(kind: kind, node: "", name: facts.name ?? "")
        case .process, .metric: Subject(kind: kind, node: node, name: facts.name ?? "")
        case .program:
            Subject(
                kind: kind, node: node, name: facts.name ?? "",
                detail: [facts.containerID, facts.unit, facts.uid].map { $0 ?? "" }.joined(separator: "\u{0}"))
        }
    }
}
