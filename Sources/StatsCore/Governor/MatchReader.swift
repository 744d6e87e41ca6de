/// Reads the key `match` of a group.
struct MatchReader {
    var values: DocumentValues

    mutating func match(_ spot: DocumentValues.Spot) -> GovernorMatch {
        let metrics = GovernorMetric.allCases
        let attributes = GovernorMatch.Attribute.allCases
        let members = values.members(spot, attributes.map(\.rawValue) + metrics.map(\.rawValue) + ["rank"])
        var match = GovernorMatch()
        for attribute in attributes {
            guard let spot = members[attribute.rawValue] else { continue }
            let patterns = values.texts(spot).map { GovernorMatch.Pattern($0.text, of: attribute) }
            if case .sequence(let items) = spot.node.value, items.isEmpty { values.fault(spot, "names no pattern; \"*\" fits all") }
            match.traits.append(GovernorMatch.Trait(attribute: attribute, patterns: patterns))
        }
        for metric in metrics {
            guard let spot = members[metric.rawValue] else { continue }
            let thresholds = values.texts(spot).compactMap { text, spot in threshold(text, metric, spot) }
            check(thresholds, spot)
            match.thresholds += thresholds
        }
        if let rank = members["rank"] { match.rank = self.rank(rank) }
        if members.isEmpty, case .mapping(let entries) = spot.node.value, entries.isEmpty {
            values.fault(spot, "says nothing; write name: \"*\" for all containers")
        }
        return match
    }

    /// `>50%`, `<200MiB`, `>10%`.
    private mutating func threshold(_ text: String, _ metric: GovernorMetric, _ spot: DocumentValues.Spot) -> GovernorMatch.Threshold? {
        let example = metric == .cpu ? "\">50%\" or \"<150%\" (100 is one core)" : "\">500MiB\" or \">10%\" (of the host's memory)"
        let number = text.dropFirst().drop { $0 == " " }
        guard let sign = text.first, sign == ">" || sign == "<" else {
            values.fault(spot, "has to begin with > or <, such as \(example), not \"\(DocumentValues.short(text))\"")
            return nil
        }
        var limit: Double?
        var unit = GovernorMatch.Threshold.Unit.bytes
        if number.hasSuffix("%") {
            limit = DocumentValues.decimal(number.dropLast().split(separator: " ", omittingEmptySubsequences: true).first ?? "")
            unit = metric == .cpu ? .percentOfCore : .percentOfHost
        } else if metric != .cpu {
            limit = DocumentValues.bytes(number)
        }
        guard let limit else {
            values.fault(spot, "\"\(DocumentValues.short(text))\" can't be read; write \(example)")
            return nil
        }
        return GovernorMatch.Threshold(metric: metric, isAbove: sign == ">", limit: limit, unit: unit)
    }

    private mutating func check(_ thresholds: [GovernorMatch.Threshold], _ spot: DocumentValues.Spot) {
        for low in thresholds where low.isAbove {
            if thresholds.contains(where: { !$0.isAbove && $0.unit == low.unit && $0.limit <= low.limit }) {
                values.fault(spot, "contradicts itself: nothing is above the one and below the other")
            }
        }
    }

    /// `top 5 by memory`, `bottom 3 by cpu`.
    private mutating func rank(_ spot: DocumentValues.Spot) -> GovernorMatch.Rank? {
        guard let text = values.text(spot) else { return nil }
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 4, ["top", "bottom"].contains(words[0]), words[2] == "by", let count = Int(words[1]),
            (1...100_000).contains(count),
            let metric = GovernorMetric(rawValue: words[3])
        else {
            values.fault(
                spot, "has to read like `top 5 by memory` or `bottom 3 by cpu` (cpu, memory, rss, vsz), not `\(DocumentValues.short(text))`"
            )
            return nil
        }
        return GovernorMatch.Rank(isTop: words[0] == "top", count: count, metric: metric)
    }
}
