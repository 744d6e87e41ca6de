/// Reads the key `action` of a group: `stop`, or with its options `{stop: {timeout: 5s}}`.
struct ActionReader {
    var values: DocumentValues

    private static let names = ["none", "stop", "kill", "pause", "restart", "update"]
    /// The signals of signal(7) that are sent to a program on purpose.
    private static let signals = [
        "SIGKILL", "SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGABRT", "SIGSTOP", "SIGCONT",
    ]
    /// Docker's default, in seconds.
    private static let timeout = 10

    mutating func action(_ spot: DocumentValues.Spot) -> GovernorAction {
        guard case .mapping(let entries) = spot.node.value else {
            guard let name = values.text(spot) else { return .none }
            return action(name, [:], spot)
        }
        guard entries.count == 1 else {
            values.fault(spot, "has to name one action: \(Self.names.joined(separator: ", "))")
            return .none
        }
        let options: [String]
        switch entries[0].key {
        case "stop", "restart": options = ["timeout"]
        case "kill": options = ["signal"]
        case "update": options = ["cpus", "memory"]
        default: options = []
        }
        let members = values.members(spot, Self.names)
        guard let (name, inner) = members.first else { return .none }
        if options.isEmpty {
            values.fault(inner, "`\(name)` takes no options; write action: \(name)")
            return .none
        }
        return action(name, values.members(inner, options), inner)
    }

    private mutating func action(_ name: String, _ options: [String: DocumentValues.Spot], _ spot: DocumentValues.Spot) -> GovernorAction {
        switch name {
        case "none": return .none
        case "pause": return .pause
        case "stop": return .stop(timeout: timeout(options))
        case "restart": return .restart(timeout: timeout(options))
        case "kill": return .kill(signal: signal(options))
        case "update": return update(options, spot)
        default:
            values.fault(spot, "unknown action `\(DocumentValues.short(name))`; \(DocumentValues.suggestion(name, Self.names))")
            return .none
        }
    }

    /// In seconds, the unit of the engine's API.
    private mutating func timeout(_ options: [String: DocumentValues.Spot]) -> Int {
        guard let spot = options["timeout"], let time = values.duration(spot, 0...300_000_000) else { return Self.timeout }
        if time % 1_000_000 != 0 { values.fault(spot, "has to be whole seconds, which is all that the engine takes") }
        return Int(time / 1_000_000)
    }

    private mutating func signal(_ options: [String: DocumentValues.Spot]) -> String {
        guard let spot = options["signal"], let name = values.text(spot) else { return "SIGKILL" }
        if !Self.signals.contains(name) {
            values.fault(
                spot, "unknown signal `\(DocumentValues.short(name))`; \(DocumentValues.suggestion(name.uppercased(), Self.signals))")
        }
        return name
    }

    private mutating func update(_ options: [String: DocumentValues.Spot], _ spot: DocumentValues.Spot) -> GovernorAction {
        let cpus = options["cpus"].flatMap { values.number($0, 0.01...10_000) }
        var memory: Int64?
        if let spot = options["memory"], let text = values.text(spot) {
            // The engine refuses a lower limit (daemon/daemon_unix.go, linuxMinMemory).
            if let bytes = DocumentValues.bytes(text), (6_291_456...1e15).contains(bytes) {
                memory = Int64(bytes)
            } else {
                values.fault(spot, "has to be a size of 6MiB or more, such as 256MiB or 2GiB, not \"\(DocumentValues.short(text))\"")
            }
        }
        if options.isEmpty { values.fault(spot, "has to say what to change: {update: {cpus: 0.5, memory: 256MiB}}") }
        return .update(cpus: cpus, memory: memory)
    }
}
