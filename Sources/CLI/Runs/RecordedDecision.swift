import StatsCore

/// What a governor decided about one container, as an event of kind `action` tells it (docs/GOVERNOR.md). What its detail doesn't say is `nil`.
struct RecordedDecision: Sendable {
    let policy: String?
    let hash: String?
    let mode: String?
    let group: String?
    let action: String?
    let result: String?
    let why: String?
    /// Of the container, in bytes.
    let vsz: Double?
    let rss: Double?
    let durationUs: Int64?
    /// Of a kill.
    private let signal: String?

    /// - Parameter detail: the event's; anything else than a JSON object says nothing.
    init(detail: String) {
        let members = (try? JSONValue.object(Array(detail.utf8).span.bytes)) ?? [:]
        (policy, hash, mode) = (members["policy"]?.string, members["policy_sha256"]?.string, members["mode"]?.string)
        (group, action, result) = (members["group"]?.string, members["action"]?.string, members["result"]?.string)
        why = members["why"]?.string
        let victim = members["victim"]
        (vsz, rss) = (victim?["vsz_bytes"]?.number, victim?["rss_bytes"]?.number)
        // A day is more than any action takes.
        durationUs = members["duration_us"]?.integer.flatMap { (0...86_400_000_000).contains($0) ? $0 : nil }
        signal = members["signal"]?.string
    }

    /// Whether a container ended by it.
    var hasRemoved: Bool {
        guard result == "done" else { return false }
        return action == "stop" || action == "kill" && !GovernorAction.harmlessSignals.contains(signal ?? "")
    }
}
