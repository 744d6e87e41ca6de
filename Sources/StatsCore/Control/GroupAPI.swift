/// What the control port answers to those who start a run over several collectors. docs/CONTROL.md describes the routes.

/// `GET /clock`: the collector's time when the question came and when the answer left, in µs since 1970.
package struct ClockReport: Codable, Sendable, Equatable {
    package var receivedUs: Int64
    package var sentUs: Int64

    package enum CodingKeys: String, CodingKey {
        case receivedUs = "received_us"
        case sentUs = "sent_us"
    }

    package init(receivedUs: Int64, sentUs: Int64) {
        self.receivedUs = receivedUs
        self.sentUs = sentUs
    }
}

/// `POST /start/<dir>?group=<id>`: all is made and all agents are ready, and the collector waits for `POST /group/<id>/begin`.
package struct HeldReport: Codable, Sendable, Equatable {
    package var group: String
    /// The run's id.
    package var run: String
    package var nodes: [String]
    /// How far ahead tick 0 has to be when the collector is told of it, in µs.
    package var leadUs: Int64
    /// After how long the collector gives the run up when nobody begins it, in µs.
    package var heldUs: Int64

    package enum CodingKeys: String, CodingKey {
        case group, run, nodes
        case leadUs = "lead_us"
        case heldUs = "held_us"
    }

    package init(group: String, run: String, nodes: [String], leadUs: Int64, heldUs: Int64) {
        self.group = group
        self.run = run
        self.nodes = nodes
        self.leadUs = leadUs
        self.heldUs = heldUs
    }
}

/// `POST /group/<id>/disarm`.
package struct DisarmReport: Codable, Sendable, Equatable {
    /// False when there was nothing of that group.
    package var disarmed: Bool

    package init(disarmed: Bool) { self.disarmed = disarmed }
}
