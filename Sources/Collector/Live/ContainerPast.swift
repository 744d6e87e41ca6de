import StatsCore

/// What happened to the containers of one node in the last ten minutes, from the events that its agent sent and from counters that grew.
///
/// A container that is killed as soon as it has begun is gone whenever somebody looks; here it is still to be seen. All its instants are of the
/// collector's steady clock.
struct ContainerPast: Sendable {
    /// How often something happened, and when: the oldest first. What happened soon after the last is counted with it when there are many.
    private struct Instants: Sendable {
        /// In ten minutes that makes no more than sixty besides.
        private static let few = 60
        private static let soon: Int64 = 10_000_000

        private var times: [(time: Int64, count: Int)] = []

        var count: Int { min(times.reduce(0) { $0 + $1.count }, 1000) }

        mutating func add(_ time: Int64, times count: Int = 1) {
            guard count > 0 else { return }
            // An agent may send any number, again and again.
            let count = min(count, 1000)
            if let last = times.last, last.time == time || times.count >= Self.few && time - last.time < Self.soon {
                times[times.count - 1].count = min(last.count + count, 1000)
            } else {
                times.append((time, count))
            }
        }

        mutating func forget(before time: Int64) { times.removeAll { $0.time < time } }
    }

    struct Life: Sendable {
        /// As its events said; `nil` where they didn't.
        fileprivate(set) var name: String?
        fileprivate(set) var image: String?
        /// When it ended last; `nil` when it hasn't of late.
        fileprivate(set) var endedAt: Int64?
        /// Whether it has begun since.
        fileprivate(set) var isRunning = true
        private var exitCode: Int64?
        /// Whether it ended with an error although nobody told it to, and hasn't begun since.
        private var hasFailed = false
        /// When somebody told it to end last, since it began; `nil` when that is long ago.
        private var toldAt: Int64?
        private var failures = Instants()
        // An event and a counter tell of the same; the higher count knows more.
        private var restarts = Instants()
        private var restartsCounted = Instants()
        private var kills = Instants()
        private var killsCounted = Instants()

        fileprivate var isEmpty: Bool {
            endedAt == nil && toldAt == nil
                && ![failures, restarts, restartsCounted, kills, killsCounted].contains { $0.count > 0 }
        }

        fileprivate mutating func forget(before time: Int64) {
            failures.forget(before: time)
            restarts.forget(before: time)
            restartsCounted.forget(before: time)
            kills.forget(before: time)
            killsCounted.forget(before: time)
            if let endedAt, endedAt < time { (self.endedAt, exitCode, hasFailed) = (nil, nil, false) }
        }

        fileprivate mutating func forgetOrders(before time: Int64) {
            if let toldAt, toldAt < time { self.toldAt = nil }
        }

        /// It runs, whether its start was told or not.
        fileprivate mutating func begin() { (isRunning, hasFailed, toldAt) = (true, false, nil) }

        /// A row of that instant says that it is there.
        fileprivate mutating func isSeen(at time: Int64) {
            // The last row of what has ended comes with the event; one that comes later is of what has begun again.
            if !isRunning, let endedAt, endedAt < time { begin() }
        }

        fileprivate mutating func take(_ row: borrowing FrameRow, _ kind: String, at time: Int64) {
            switch kind {
            case "oom": kills.add(time)
            case "kill":
                if !ContainerPast.harmless.contains(row.text("message") ?? "") { toldAt = time }
            case "container die":
                exitCode = row.number("exit_code").flatMap { Int64(exactly: $0) }
                forgetOrders(before: time - ContainerPast.orderSpan)
                hasFailed = toldAt == nil && exitCode ?? 0 != 0
                (endedAt, isRunning, toldAt) = (time, false, nil)
                if hasFailed { failures.add(time) }
            case "container start":
                if hasFailed { restarts.add(time) }
                begin()
            default: break
            }
        }

        fileprivate mutating func grew(kills: Int, restarts: Int, at time: Int64) {
            killsCounted.add(time, times: kills)
            restartsCounted.add(time, times: restarts)
        }

        /// What is said of it under the field; `nil` when it isn't known.
        fileprivate func value(_ fact: PastFact) -> Int64? {
            switch fact {
            case .exitCode: exitCode
            case .failures: Int64(failures.count)
            case .restarts: Int64(max(restarts.count, restartsCounted.count))
            case .oomKills: Int64(max(kills.count, killsCounted.count))
            }
        }
    }

    private static let span: Int64 = 600_000_000
    /// Within this time (µs) a container ends because it was told to. One that doesn't by then ignores the signal, or takes it for a question as a
    /// Java program does SIGQUIT; whatever it ends of later is its own fault.
    private static let orderSpan: Int64 = 60_000_000
    /// How many containers of a node are remembered, the latest ones: an agent may send what it likes.
    private static let limit = 1000
    /// Signals by which programs are told to read their settings again or the like: HUP, USR1, USR2. And those that end no program unless it
    /// wants to (signal(7)): CHLD, CONT, URG, WINCH.
    private static let harmless = Set([1, 10, 12, 17, 18, 23, 28].map { "signal \($0)" })

    private static let facts: [(place: Int, fact: PastFact)] = LiveKind.container.fields.enumerated().compactMap { place, field in
        if case .past(let fact) = field.source { (place, fact) } else { nil }
    }
    private static let state = LiveKind.container.place("state")
    private static let oomKills = LiveKind.container.place("oom_kills")
    private static let restarts = LiveKind.container.place("restarts")

    /// By id; only of those to which something has happened.
    private(set) var lives: [String: Life] = [:]

    /// Takes over one row of table event.
    mutating func take(_ row: borrowing FrameRow, at time: Int64) {
        guard let id = row.text("container_id"), id.utf8.count <= 512, let kind = row.text("kind"),
            ["oom", "kill", "container die", "container start"].contains(kind)
        else { return }
        // What begins for the first time is nothing to remember.
        if lives[id] == nil, kind == "container start" { return }
        makeRoom(for: id)
        var life = lives[id] ?? Life()
        life.take(row, kind, at: time)
        life.name = Self.short(row.text("container")) ?? life.name
        life.image = Self.short(Self.image(row.text("detail"))) ?? life.image
        lives[id] = life
    }

    /// Forgets the container that ended longest ago, when there is no room for another one.
    private mutating func makeRoom(for id: String) {
        guard lives.count >= Self.limit, lives[id] == nil else { return }
        let oldest = lives.min { ($0.value.endedAt ?? .max, $0.key) < ($1.value.endedAt ?? .max, $1.key) }
        if let oldest { lives[oldest.key] = nil }
    }

    /// Forgets the containers that ended longest ago, until there are no more than so many.
    mutating func forget(downTo count: Int) {
        guard lives.count > count else { return }
        let order = lives.sorted { ($0.value.endedAt ?? .max, $0.key) < ($1.value.endedAt ?? .max, $1.key) }
        for (id, _) in order.prefix(lives.count - count) { lives[id] = nil }
    }

    /// No name is longer, and each is kept for ten minutes.
    private static func short(_ text: String?) -> String? {
        text.map { $0.utf8.count <= 512 ? $0 : String(String.UnicodeScalarView($0.unicodeScalars.prefix(512))) }
    }

    private static func image(_ detail: String?) -> String? {
        guard let detail, let members = try? JSONValue.object(Array(detail.utf8).span.bytes) else { return nil }
        return members["image"]?.string
    }

    /// Forgets what happened more than ten minutes before.
    mutating func forget(at now: Int64) {
        guard !lives.isEmpty else { return }
        for id in lives.keys {
            lives[id]?.forget(before: now - Self.span)
            // A signal decides how the end is judged that may follow.
            lives[id]?.forgetOrders(before: now - Self.orderSpan)
        }
        lives = lives.filter { !$0.value.isEmpty }
    }

    /// Notes that a container has a row, and sets those of the row's values that speak of the past.
    /// - Parameter old: the values of its row before.
    mutating func follow(_ id: String, _ values: inout [LiveValue], since old: [LiveValue]?, at time: Int64) {
        func growth(_ place: Int?) -> Int {
            guard let place, let new = values[place].number, let before = old?[place].number, new > before else { return 0 }
            return Int(min(new - before, 1000))
        }
        let (kills, restarts) = (growth(Self.oomKills), growth(Self.restarts))
        if kills + restarts > 0 {
            makeRoom(for: id)
            lives[id, default: Life()].grew(kills: kills, restarts: restarts, at: time)
        }
        lives[id]?.isSeen(at: time)
        let hasEngine = Self.state.map { values[$0] != .unknown } ?? false
        let hasCounter = Self.oomKills.map { values[$0] != .unknown } ?? false
        set(lives[id], in: &values) { $0 == .oomKills ? hasEngine || hasCounter : hasEngine }
    }

    /// The values of a container that has no row: what is told of its names, how it ended, and what happened.
    /// - Parameter last: the values of its last row, or of a telling before.
    func values(of id: String, _ life: Life, node: String, last: [LiveValue]?) -> [LiveValue] {
        var values = LiveKind.container.fields.enumerated().map { place, field -> LiveValue in
            switch field.name {
            case "id": .text(id)
            case "node": .text(node)
            case "state": .text(life.isRunning ? "running" : "exited")
            case "name": last?[place] ?? LiveValue(life.name)
            case "image": last?[place] ?? LiveValue(life.image)
            case "project", "service", "pod", "namespace", "restarts": last?[place] ?? .unknown
            default: .unknown
            }
        }
        set(life, in: &values) { _ in true }
        return values
    }

    private func set(_ life: Life?, in values: inout [LiveValue], where isKnown: (PastFact) -> Bool) {
        for (place, fact) in Self.facts {
            let value = fact == .exitCode ? life?.value(fact) : isKnown(fact) ? life?.value(fact) ?? 0 : nil
            values[place] = LiveValue(value)
        }
    }
}
