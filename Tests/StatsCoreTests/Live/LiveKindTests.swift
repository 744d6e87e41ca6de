import Testing

@testable import StatsCore

/// How live values are judged.
@Suite("What is live, described once") struct LiveKindTests {
    private static func container(_ values: [String: LiveValue]) -> [LiveValue] {
        LiveKind.container.fields.map { values[$0.name] ?? .unknown }
    }

    private static func level(_ field: String, _ values: [String: LiveValue], cores: Double? = nil) -> LiveLevel? {
        let levels = LiveKind.container.levels(of: container(values), in: LiveSurroundings(cores: cores))
        return LiveKind.container.place(field).flatMap { levels[$0] }
    }

    @Test("A container's CPU is held against its limit, else against the node's cores, and without either against nothing")
    func cores() {
        #expect(Self.level("cpu_percent", ["cpu_percent": .number(95)], cores: 8) == .ok)
        #expect(Self.level("cpu_percent", ["cpu_percent": .number(95), "cpu_limit": .number(1)], cores: 8) == .hot)
        #expect(Self.level("cpu_percent", ["cpu_percent": .number(80), "cpu_limit": .number(1)], cores: 8) == .warm)
        #expect(Self.level("cpu_percent", ["cpu_percent": .number(640)], cores: 8) == .warm)
        #expect(Self.level("cpu_percent", ["cpu_percent": .number(95)]) == nil)
        #expect(Self.level("cpu_percent", ["cpu_limit": .number(1)], cores: 8) == nil, "what isn't known is not ok either")
        #expect(Self.level("cpu_percent", ["cpu_percent": .number(95), "cpu_limit": .number(0)]) == nil)
    }

    @Test(
        "Each value is warm and hot from what docs/LIVE.md says on",
        arguments: [
            ("memory_percent", 79.9, LiveLevel.ok), ("memory_percent", 80, .warm), ("memory_percent", 95, .hot),
            ("throttled_percent", 4.9, .ok), ("throttled_percent", 5, .warm), ("throttled_percent", 25, .hot),
            ("oom_kills", 0, .ok), ("oom_kills", 1, .warm), ("oom_kills_10m", 1, .hot), ("restarts", 1, .warm),
            ("restarts_10m", 2, .warm), ("restarts_10m", 3, .hot), ("failures_10m", 1, .warm),
        ])
    func limits(field: String, value: Double, level: LiveLevel) {
        #expect(Self.level(field, [field: .number(value)]) == level)
    }

    @Test("A state is judged by its word", arguments: [("running", LiveLevel.ok), ("paused", .warm), ("restarting", .hot), ("dead", .hot)])
    func words(state: String, level: LiveLevel) {
        #expect(Self.level("state", ["state": .text(state)]) == level)
        #expect(Self.level("health", ["health": .text("starting")]) == .ok && Self.level("health", [:]) == nil)
    }

    @Test("A node lags when its ticks stay away for three intervals, whatever those are, and at least three seconds")
    func lag() {
        func level(_ age: Int64, interval: Double?) -> LiveLevel? {
            var report = NodeReport(
                node: "a", agent: "", monitor: "", address: "", isConnected: true, containers: 0, processes: 0, version: "")
            report.lastTickAgeMs = age
            let object = NodeReader.object(NodeFacts(report), NodeReading(), interval: interval)
            return LiveKind.node.place("last_tick_age_ms").flatMap { object.levels[$0] }
        }
        #expect(level(2999, interval: 10) == .ok && level(3000, interval: 10) == .warm && level(10_000, interval: nil) == .hot)
        #expect(level(170_000, interval: 60_000) == .ok && level(180_000, interval: 60_000) == .warm)
    }

    @Test("Troubles stand by how bad they are, then by their rank; of one who is well there is none, and of whom nothing is known neither")
    func troubles() {
        func names(_ values: [String: LiveValue]) -> [String] {
            LiveKind.container.troubles(LiveKind.container.levels(of: Self.container(values), in: LiveSurroundings())).map(\.trouble.name)
        }
        #expect(
            names(["restarts_10m": .number(2), "throttled_percent": .number(6), "oom_kills_10m": .number(1), "health": .text("unhealthy")])
                == ["unhealthy", "oom", "throttled", "restarted"])
        #expect(names(["state": .text("paused")]).isEmpty, "warm is not yet a trouble everywhere")
        #expect(names(["state": .text("running"), "oom_kills_10m": .number(0), "oom_kills": .number(2)]).isEmpty && names([:]).isEmpty)
        #expect(LiveKind.container.levels(of: Self.container([:]), in: LiveSurroundings()).worst == nil)
    }

    @Test("An update tells levels and troubles when they change, and only then")
    func changes() {
        func update(_ new: [String: LiveValue], _ old: [String: LiveValue]?) -> String {
            var out = ByteWriter()
            let kind = LiveKind<RowSource>.container
            let object = { LiveObject(Self.container($0), kind) }
            let hasChanged = out.append(changesTo: object(new), from: old.map(object), kind)
            #expect(hasChanged || out.isEmpty)
            return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        }
        #expect(update(["oom_kills_10m": .number(0)], nil).hasSuffix(#""oom_kills_10m":0,"level":"ok""#))
        #expect(
            update(["oom_kills_10m": .number(1)], ["oom_kills_10m": .number(0)])
                == #","oom_kills_10m":1,"level":"hot","levels":{"oom_kills_10m":"hot"},"troubles":[{"name":"oom","level":"hot","field":"oom_kills_10m","#
                + #""text":"Processes of it were killed for want of memory"}]"#)
        #expect(update(["oom_kills_10m": .number(2)], ["oom_kills_10m": .number(1)]) == #","oom_kills_10m":2"#)
        #expect(update([:], ["oom_kills_10m": .number(1)]) == #","oom_kills_10m":null,"level":null,"levels":{},"troubles":[]"#)
        #expect(update(["pids": .number(1)], ["pids": .number(1)]).isEmpty)
    }

    @Test("Names of fields and troubles are told apart, and what a limit refers to is there")
    func declared() throws {
        func check<Source>(_ kind: LiveKind<Source>) {
            #expect(Set(kind.fields.map(\.name)).count == kind.fields.count)
            let troubles = kind.fields.compactMap(\.trouble)
            #expect(Set(troubles.map(\.name)).count == troubles.count && Set(troubles.map(\.rank)).count == troubles.count)
            for field in kind.fields {
                if field.trouble != nil { #expect(field.limits != nil, "\(field.name)") }
                switch field.limits {
                case .from(_, _, .field(let name))?, .from(_, _, .cores(limit: let name))?: #expect(kind[name] != nil, "\(name)")
                default: break
                }
            }
        }
        check(.node)
        for kind in [LiveKind.container, .unit, .process, .core, .disk, .filesystem, .interface] { check(kind) }
        let json = LiveCatalogue.json
        try JSONScanner.validate(json.span.bytes)
    }
}
