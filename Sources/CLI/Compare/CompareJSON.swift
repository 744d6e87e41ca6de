import StatsCore

extension CompareReport {
    private enum Keys: String, CodingKey {
        case a, b, seed, resamples, confidence, paired, notes, comparisons, conditions, sentences
        case onlyA = "only_a"
        case onlyB = "only_b"
        case fewest = "fewest_repetitions"
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Keys.self)
        try members.encode(comparison.a, forKey: .a)
        try members.encode(comparison.b, forKey: .b)
        try members.encode(comparison.options.seed, forKey: .seed)
        try members.encode(Bootstrap(seed: 0).resamples, forKey: .resamples)
        try members.encode(Bootstrap.confidence, forKey: .confidence)
        try members.encode(Bootstrap.fewest, forKey: .fewest)
        try members.encode(comparison.options.isPaired, forKey: .paired)
        try members.encode(comparison.notes, forKey: .notes)
        try members.encode(comparison.measures, forKey: .comparisons)
        try members.encode(comparison.onlyA, forKey: .onlyA)
        try members.encode(comparison.onlyB, forKey: .onlyB)
        try members.encode(verdicts, forKey: .conditions)
        try members.encode(
            important.compactMap { line in
                line.sentence.map { "\(line.subject.kind.rawValue) \(line.subject.title(areManyNodes: comparison.areManyNodes)): \($0)." }
            }, forKey: .sentences)
    }
}

extension Subject: Encodable {
    private enum Keys: String, CodingKey { case kind, node, name, detail }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Keys.self)
        try members.encode(kind, forKey: .kind)
        try members.encodeIfPresent(node.isEmpty ? nil : node, forKey: .node)
        try members.encode(name, forKey: .name)
        // A program's place and user.
        try members.encodeIfPresent(detail.isEmpty ? nil : detail.split(separator: "\u{0}").joined(separator: " "), forKey: .detail)
    }
}

extension Repetition: Encodable {
    private enum Keys: String, CodingKey {
        case label, directory, problems
        case intervalUs = "interval_us"
    }

    func encode(to encoder: any Encoder) throws {
        try window.encode(to: encoder)
        var members = encoder.container(keyedBy: Keys.self)
        try members.encode(label, forKey: .label)
        try members.encode(directory, forKey: .directory)
        try members.encode(interval.microseconds, forKey: .intervalUs)
        try members.encode(problems, forKey: .problems)
    }
}

extension ComparedMeasure: Encodable {
    private enum Keys: String, CodingKey {
        case measure, statistic, unit, a, b, difference, ratio, certainty
        case valuesA = "values_a"
        case valuesB = "values_b"
        case differenceInterval = "difference_interval"
        case ratioInterval = "ratio_interval"
        case cliffsDelta = "cliffs_delta"
        case hedgesG = "hedges_g"
    }

    func encode(to encoder: any Encoder) throws {
        try subject.encode(to: encoder)
        var members = encoder.container(keyedBy: Keys.self)
        try members.encode(measure.name, forKey: .measure)
        try members.encode(statistic, forKey: .statistic)
        try members.encode(unit.name, forKey: .unit)
        try members.encode(a.values, forKey: .valuesA)
        try members.encode(b.values, forKey: .valuesB)
        try members.encodeIfPresent(a.mean, forKey: .a)
        try members.encodeIfPresent(b.mean, forKey: .b)
        try members.encodeIfPresent(difference, forKey: .difference)
        try members.encodeIfPresent(ratio, forKey: .ratio)
        try members.encodeIfPresent(intervals.map { [$0.difference.lowerBound, $0.difference.upperBound] }, forKey: .differenceInterval)
        try members.encodeIfPresent(intervals?.ratio.map { [$0.lowerBound, $0.upperBound] }, forKey: .ratioInterval)
        try members.encodeIfPresent(cliffsDelta, forKey: .cliffsDelta)
        try members.encodeIfPresent(hedgesG, forKey: .hedgesG)
        try members.encode(certainty, forKey: .certainty)
    }
}

extension FailVerdict: Encodable {
    private enum Keys: String, CodingKey { case condition, holds, things }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Keys.self)
        try members.encode(condition.text, forKey: .condition)
        try members.encode(!holding.isEmpty, forKey: .holds)
        try members.encode(holding.map(\.subject), forKey: .things)
    }
}
