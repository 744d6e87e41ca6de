import StatsCore

extension EngineEvent {
    /// `health_status` of `health_status: healthy`. Podman's `died` is Docker's `die`.
    var verb: String {
        let verb = action.split(separator: ":", maxSplits: 1).first.map(String.init) ?? action
        return verb == "died" ? "die" : verb
    }

    /// The state in a `health_status: healthy`, or that of Podman's member; `nil` where the event doesn't say it, as with Podman before 5.
    var health: String? { (argument ?? healthStatus).flatMap { $0.isEmpty ? nil : $0 } }

    /// How the container ended. Podman has a name of its own for it.
    var exitCode: Int64? { (actor.attributes?["exitCode"] ?? actor.attributes?["containerExitCode"]).flatMap { Int64($0) } }

    /// `healthy` of `health_status: healthy`.
    var argument: String? {
        let parts = action.split(separator: ":", maxSplits: 1)
        return parts.count == 2 ? String(parts[1].drop { $0 == " " }) : nil
    }

    /// The event as a row of the event table.
    func posted(as kind: String, message: String? = nil, exitCode: Int64? = nil) -> ContainerEvent {
        let attributes = actor.attributes ?? [:]
        let detail = EventDetail(
            engineTime: timeNano.map { Timestamp.string($0 / 1000) }, image: attributes["image"],
            oldName: attributes["oldName"].map { ContainerInfo.plain($0) })
        return ContainerEvent(
            kind: kind, containerID: actor.id, container: attributes["name"], exitCode: exitCode, message: message, detail: detail.json)
    }
}

/// The `detail` of an event that came from the engine.
struct EventDetail: Encodable {
    /// When it happened by the engine's clock.
    var engineTime: String?
    /// `list` when a list showed the change and no event did, so that it was noticed up to ten seconds late.
    var foundBy: String?
    var image: String?
    var oldName: String?

    enum CodingKeys: String, CodingKey {
        case engineTime = "engine_time"
        case foundBy = "found_by"
        case image
        case oldName = "old_name"
    }

    var json: String? { (try? JSONCoding.encode(self)).map { String(decoding: $0, as: UTF8.self) } }
}

extension ContainerInfo {
    /// For a container that could not be inspected: the facts in its list entry, without pid and limits.
    init(_ listed: ListedContainer) {
        self.init(
            id: listed.id, name: Self.plain(listed.names?.first ?? ""), image: listed.image ?? "",
            labels: listed.labels ?? [:], state: listed.state ?? "unknown", health: listed.health, names: .engine)
    }

    /// For a container that has not been inspected: the facts in its event.
    ///
    /// Trap: the event mixes its labels with attributes of the engine's own, which replace labels of the same name.
    init(_ event: EngineEvent) {
        let attributes = event.actor.attributes ?? [:]
        self.init(
            id: event.actor.id, name: attributes["name"] ?? "", image: attributes["image"] ?? "",
            labels: attributes.filter { !Self.engineAttributes.contains($0.key) }, state: "running", names: .engine)
    }

    /// The attributes that the engine adds to the actions that `EngineNews` handles.
    private static let engineAttributes: Set<String> = [
        "name", "image", "oldName", "exitCode", "execDuration", "signal", "containerExitCode", "podId",
    ]
}
