import StatsCore

/// The end of the run that this epoch has had last. It is sent behind the run's frames, and again after each rewind, until nobody waits for it.
struct RunEnd {
    private var message: Fin?
    private var isSent = false
    /// Whether the agent has only left the run for another collector, and may come back.
    private(set) var isLeaving = false

    /// The run that has ended.
    var run: String? { message?.run }
    /// Whether there is an end that the collector has not been told on this connection.
    var isDue: Bool { message != nil && !isSent }

    mutating func set(_ message: Fin, isLeaving: Bool = false) {
        self.message = message
        self.isLeaving = isLeaving
        isSent = false
    }

    mutating func rewind() { isSent = false }

    mutating func forget() { message = nil }

    /// What is to be sent now. It counts as sent.
    mutating func take() -> Fin? {
        guard isDue else { return nil }
        isSent = true
        return message
    }
}
