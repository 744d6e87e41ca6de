import StatsCore

/// `.active`: which run is in progress, and by which clock. Absent when none is.
struct ActiveNote: Codable, Equatable {
    /// The run's name.
    var run: String
    /// The boot of the host, during which its monotonic clock is the same.
    var bootID: String?
    /// What the collector's clock adds to the monotonic clock (µs).
    var anchorUs: Int64?

    enum CodingKeys: String, CodingKey {
        case run
        case bootID = "boot_id"
        case anchorUs = "anchor_us"
    }

    init(run: RunPath, clock: CollectorClock) {
        self.run = run.description
        bootID = Self.thisBoot
        anchorUs = clock.anchor
    }

    /// Also reads what version 0.1.0 wrote: the run's name and nothing else.
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
    /// The clock for a collector that may have to go on with a run.
    /// - Parameter lastTick: the instant of the run's last tick that is on the disk, looked up only after a reboot.
    static func continuing(_ run: ActiveNote?, boot: String? = ActiveNote.thisBoot, lastTick: (ActiveNote) -> Int64?) -> CollectorClock {
        guard let run else { return anchored() }
        if let boot, boot == run.bootID, let anchor = run.anchorUs, Timestamp.plausible.contains(anchor) {
            return CollectorClock(anchor: anchor)
        }
        return anchored(notBefore: lastTick(run) ?? .min)
    }
}
