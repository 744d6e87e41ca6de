import StatsCore

/// What one collector has been told of this host, so that it is told again only what has changed. A value without I/O.
struct EnvironmentNews {
    private var told: NodeEnvironment?

    /// - Parameter isAsked: whether a run is about to begin, before which it is said how busy the host is.
    /// - Returns: `nil` when there is nothing to say.
    mutating func message(_ now: NodeEnvironment, isAsked: Bool) -> EnvironmentMessage? {
        let before = told
        told = now
        var message = EnvironmentMessage()
        if before?.host != now.host { message.host = now.host }
        if before?.containers != now.containers || before?.containersLeftOut != now.containersLeftOut {
            message.containers = now.containers
            message.containersLeftOut = now.containersLeftOut > 0 ? now.containersLeftOut : nil
        }
        guard isAsked || message != EnvironmentMessage() else { return nil }
        message.activity = now.activity
        return message
    }
}
