import StatsCore

/// `.active`: the run in progress and its clock. The file is absent without a run in progress.
struct ActiveNote: Codable, Equatable {
    /// The run's name.
    var run: String
    /// The host's boot; the monotonic clock is only comparable within one boot.
    var bootID: String?
    /// The collector's clock minus the monotonic clock (µs).
    var anchorUs: Int64?

    enum CodingKeys: String, CodingKey {
        case run
        case bootID = "boot_id"
        // Earlier versions noted `anchor_us`, of a clock that doesn't count sleep.
        case anchorUs = "boottime_anchor_us"
    }

    init(run: RunPath, clock: CollectorClock) {
        self.run = run.description
        bootID = Self.thisBoot
        anchorUs = clock.anchor
    }

    /// Also reads the file of version 0.1.0, which holds only the run's name.
    init(decoding bytes: [UInt8]) {
        if let note: ActiveNote = try? JSONCoding.decode(from: bytes) {
            self = note
        } else {
            run = String(decoding: bytes, as: UTF8.self)
        }
    }

    func encoded() throws -> [UInt8] { try JSONCoding.encode(self) }

    static let thisBoot = KernelRoots().bootID
}

extension CollectorClock {
    /// The clock for a collector that may have to continue a run.
    /// - Parameter lastTick: returns the instant of the run's last durable tick. Only called after a reboot.
    static func continuing(_ run: ActiveNote?, boot: String? = ActiveNote.thisBoot, lastTick: (ActiveNote) -> Int64?) -> CollectorClock {
        guard let run else { return anchored() }
        if let boot, boot == run.bootID, let anchor = run.anchorUs, Timestamp.plausible.contains(anchor) {
            return CollectorClock(anchor: anchor)
        }
        return anchored(notBefore: lastTick(run) ?? .min)
    }
}
