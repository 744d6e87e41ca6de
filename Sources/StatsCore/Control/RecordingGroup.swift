/// Several collectors record one run together, each the nodes that are connected to it: on one grid, which each has in its own time.
///
/// The one who starts the run measures their clocks, and every part of the run says the same of all of them (`place` apart).
package struct RecordingGroup: Codable, Sendable, Equatable {
    /// One of the collectors.
    package struct Member: Codable, Sendable, Equatable {
        /// Its control port, as the one who started the run names it: `host:port`.
        package var collector: String
        /// The instant of tick 0 by its own clock, in µs since 1970.
        package var t0Us: Int64
        /// How far its clock is ahead of the first collector's, in µs; below zero when it is behind.
        package var clockAheadUs: Int64
        /// Half of the shortest round trip to it, in µs. Two clocks are as far apart as is said, give or take both errors.
        package var clockErrorUs: Int64

        package enum CodingKeys: String, CodingKey {
            case collector
            case t0Us = "t0_us"
            case clockAheadUs = "clock_ahead_us"
            case clockErrorUs = "clock_error_us"
        }

        package init(collector: String, t0Us: Int64, clockAheadUs: Int64, clockErrorUs: Int64) {
            self.collector = collector
            self.t0Us = t0Us
            self.clockAheadUs = clockAheadUs
            self.clockErrorUs = clockErrorUs
        }
    }

    /// How far a collector's clock was ahead of the first one's at another time, in µs, and half of the shortest round trip.
    package struct Clock: Codable, Sendable, Equatable {
        package var aheadUs: Int64
        package var errorUs: Int64

        package enum CodingKeys: String, CodingKey {
            case aheadUs = "clock_ahead_us"
            case errorUs = "clock_error_us"
        }

        package init(aheadUs: Int64, errorUs: Int64) {
            self.aheadUs = aheadUs
            self.errorUs = errorUs
        }
    }

    /// How many collectors can record a run together: each keeps the list of all.
    package static let most = 256
    /// What an id may be: a UUID, as `sonde` makes it.
    package static let idLength = 1...64

    /// All parts of a run have the same.
    package var id: String
    /// Which of the collectors has recorded this part, from 0.
    package var place: Int
    package var collectors: [Member]
    /// This collector's clock when the run was stopped; absent when it ended by itself, or the first collector was away.
    package var clockAtEnd: Clock?

    package enum CodingKeys: String, CodingKey {
        case id, place, collectors
        case clockAtEnd = "clock_at_end"
    }

    package init(id: String, place: Int, collectors: [Member]) {
        self.id = id
        self.place = place
        self.collectors = collectors
    }

    /// The collector that records this part; `nil` where somebody has edited the list.
    package var own: Member? { collectors.indices.contains(place) ? collectors[place] : nil }

    /// By how much this collector's clock has gained on the first one's until the end, in µs; `nil` when nobody measured it then.
    package var drift: Int64? {
        guard let own, let clockAtEnd else { return nil }
        return clockAtEnd.aheadUs.saturatingSubtracting(own.clockAheadUs)
    }

    /// The most by which instants of one tick can differ between two of the collectors, in µs.
    package var widestError: Int64 {
        let errors = collectors.map(\.clockErrorUs).sorted(by: >)
        return errors.prefix(2).reduce(0) { $0.saturatingAdding($1) }
    }

    /// Whether an id can be one.
    package static func isID(_ text: String) -> Bool {
        idLength.contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: byte == UInt8(ascii: "-")
                }
            }
    }

    /// What is wrong with it, as a clause; `nil` when nothing is. It may come from anybody.
    package var fault: String? {
        guard Self.isID(id) else { return "its id is none" }
        guard (1...Self.most).contains(collectors.count) else {
            return "it has \(collectors.count) collectors, and 1 to \(Self.most) can be"
        }
        guard own != nil else { return "it has no collector \(place)" }
        for member in collectors {
            guard (1...300).contains(member.collector.utf8.count) else { return "a collector's name has 1 to 300 bytes" }
            let times = Timestamp.plausible
            guard times.contains(member.t0Us), times.contains(member.clockErrorUs),
                member.clockAheadUs.magnitude <= UInt64(times.upperBound)
            else { return "the times of \(member.collector) can't be" }
            guard member.t0Us - member.clockAheadUs == collectors[0].t0Us - collectors[0].clockAheadUs else {
                return "tick 0 of \(member.collector) isn't at the instant of the first collector's"
            }
        }
        return nil
    }
}
