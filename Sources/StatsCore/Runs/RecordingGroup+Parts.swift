extension RecordingGroup {
    /// A run over several collectors, of which some or all parts were merged.
    struct Merged {
        let group: RecordingGroup
        /// The places of the parts that there are.
        fileprivate(set) var places: Set<Int>
        /// By how much clocks had gained on the first one's at the end, at most, in µs.
        fileprivate(set) var drift: Int64?

        /// Why the merged run can't be complete; `nil` when the parts of all collectors are there.
        var shortcoming: String? {
            let absent = group.collectors.indices.filter { !places.contains($0) }.map { group.collectors[$0].collector }
            guard !absent.isEmpty else { return nil }
            return
                "the part\(absent.count == 1 ? "" : "s") of \(RecordingGroup.naming(absent)) \(absent.count == 1 ? "was" : "were") not merged"
        }

        /// How the parts' clocks go together, as a sentence.
        var remark: String {
            let names = places.sorted().filter(group.collectors.indices.contains).map { group.collectors[$0].collector }
            return
                "\(RecordingGroup.naming(names)) recorded one run on one grid; times are by the clock of \(group.collectors.first?.collector ?? "the first"), "
                + "and these clocks are compared to within \(HumanUnits.fixed(Double(group.widestError) / 1000, digits: 3)) ms."
                + (drift.map {
                    " Until the end they have parted by \($0 == 0 ? "nothing" : "up to \(HumanUnits.fixed(Double($0.magnitude) / 1000, digits: 3)) ms")."
                } ?? "")
        }
    }

    /// All of which there are parts, in their order.
    static func among(_ parts: [RunPart]) -> [Merged] {
        var found: [Merged] = []
        for group in parts.compactMap(\.group) {
            if let index = found.firstIndex(where: { $0.group.id == group.id }) {
                found[index].places.insert(group.place)
            } else {
                found.append(Merged(group: group, places: [group.place]))
            }
            if let drift = group.drift, let index = found.firstIndex(where: { $0.group.id == group.id }),
                drift.magnitude >= found[index].drift?.magnitude ?? 0
            {
                found[index].drift = drift
            }
        }
        return found
    }

    fileprivate static func naming(_ names: [String]) -> String {
        names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }
}

extension RunManifest {
    /// Of `remarks`, what tells a reader of one collector's part that there are others.
    var groupRemarks: [String] {
        guard let group, let own = group.own, group.collectors.count > 1 else { return [] }
        let others = group.collectors.filter { $0.collector != own.collector }.map(\.collector)
        return [
            "A part of a run over \(group.collectors.count) collectors, that of \(own.collector): \(RecordingGroup.naming(others)) recorded other nodes on the same grid. sonde merge makes one run of all parts."
        ]
    }
}
