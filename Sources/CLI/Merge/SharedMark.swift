import StatsCore

/// A mark that `sonde mark` has set on all collectors of a run at the same tick, so that each part of the run has it.
struct SharedMark: Hashable {
    /// Of the merged run.
    let tick: UInt64
    let label: String
}

extension MergePlan {
    /// Has each mark of a run over several collectors stand in the merged run once: in the rows of the first part that has it.
    /// - Throws: `DiskError`, `CSVReader.RowTooLong`.
    func dropRepeatedMarks() throws {
        var known: [String: Set<SharedMark>] = [:]
        for input in inputs {
            let groups = Set(input.parts.compactMap { $0.group?.id })
            guard !groups.isEmpty,
                inputs.contains(where: { $0 !== input && !groups.isDisjoint(with: $0.parts.compactMap { $0.group?.id }) })
            else { continue }
            input.repeatedMarks = groups.reduce(into: []) { $0.formUnion(known[$1] ?? []) }
            let own = try input.marks()
            for group in groups { known[group, default: []].formUnion(own) }
        }
    }
}

extension MergeInput {
    /// All of its marks. Of a damaged run those that can be read.
    fileprivate func marks() throws -> Set<SharedMark> {
        var marks: Set<SharedMark> = []
        do {
            guard var rows = try run.cursor(of: RunFiles.table(of: RunFiles.table(.event)), ["tick", "kind", "message"]) else { return [] }
            while try rows.advance() {
                guard rows.row.text("kind") == "mark", let tick = rows.row.count("tick") else { continue }
                marks.insert(SharedMark(tick: tick.saturatingAdding(shift), label: rows.row.text("message") ?? ""))
            }
        } catch  where damage != nil {}
        return marks
    }
}
