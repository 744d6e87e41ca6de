/// What has become of the ticks for one target of remote write, in `GET /status`.
package struct RemoteWriteReport: Sendable, Codable, Equatable {
    /// Without its query, which may hold a secret.
    package var url: String
    /// Whether it took the last request.
    package var up: Bool
    /// Why it didn't, in words.
    package var reason: String?
    package var version: String
    /// Samples that it has taken.
    package var samples: UInt64
    /// Samples that it will never have, by reason.
    package var dropped: [String: UInt64]
    /// Requests that have failed, by reason; most of them were tried again.
    package var failures: [String: UInt64]
    /// Bytes on the disk of ticks that it doesn't have, and the most that may be.
    package var pendingBytes: UInt64
    package var limitBytes: UInt64
    /// The age of the oldest of these ticks, in milliseconds; 0 when there is none.
    package var lagMs: Int64

    package init(url: String, version: String, limitBytes: UInt64) {
        (self.url, self.version, self.limitBytes) = (url, version, limitBytes)
        (up, samples, dropped, failures, pendingBytes, lagMs) = (true, 0, [:], [:], 0, 0)
    }

    private enum CodingKeys: String, CodingKey {
        case url, up, reason, version, samples, dropped, failures
        case pendingBytes = "pending_bytes"
        case limitBytes = "limit_bytes"
        case lagMs = "lag_ms"
    }
}
