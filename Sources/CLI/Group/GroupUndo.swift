import StatsCore

/// Takes a run away from several collectors of which not all could begin it.
struct GroupUndo {
    let group: CollectorGroup
    /// The group's.
    let id: String
    /// Whether some were told to begin, and may record.
    let isBeginning: Bool

    /// What has become of it.
    struct Outcome: CustomStringConvertible {
        let isBeginning: Bool
        /// Collectors that had something of it and have taken it away.
        var taken: [String] = []
        /// Collectors that may still have something, and why they weren't told.
        var left: [(collector: String, reason: String)] = []

        /// Lines for the one who has asked for the run.
        var description: String {
            let taken = taken.isEmpty ? "" : "It was taken back on \(Self.naming(taken))."
            guard !left.isEmpty else {
                return "Nothing was started, and no collector keeps anything of this start." + (taken.isEmpty ? "" : " " + taken)
            }
            let lines = left.map { collector, reason in
                "\(collector) couldn't be told to take the run away (\(reason)): "
                    + (isBeginning
                        ? "if it has begun, it records until `sonde --host \(collector) stop`; if it still waits, it does so by itself within half a minute."
                        : "it does so by itself within half a minute.")
            }
            return ((taken.isEmpty ? [] : [taken]) + lines).joined(separator: "\n")
        }

        private static func naming(_ names: [String]) -> String {
            names.count <= 5 ? names.joined(separator: ", ") : HumanUnits.count(names.count, "collector")
        }
    }

    /// Tells all of them.
    /// - Parameter unheard: collectors that have certainly heard nothing of this start, and aren't asked.
    func run(without unheard: Set<String>) async throws -> Outcome {
        let answers = try await group.ask { [id] client in
            unheard.contains(client.endpoint.description) ? DisarmReport(disarmed: false) : try await client.disarm(id)
        }
        var outcome = Outcome(isBeginning: isBeginning)
        for answer in answers {
            switch answer.result {
            case .success(let report): if report.disarmed { outcome.taken.append(answer.collector) }
            // Who knows no such route has no such run.
            case .failure(let failure) where failure.code == "not_found": break
            case .failure(let failure): outcome.left.append((answer.collector, failure.clause))
            }
        }
        return outcome
    }
}
