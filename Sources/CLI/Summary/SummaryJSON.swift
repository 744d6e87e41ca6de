import StatsCore

extension RunSummary: Encodable {
    private enum Keys: String, CodingKey {
        case directory, run, remarks, things
        case intervalUs = "interval_us"
    }

    func encode(to encoder: any Encoder) throws {
        try window.encode(to: encoder)
        var members = encoder.container(keyedBy: Keys.self)
        try members.encode(directory, forKey: .directory)
        try members.encode(run, forKey: .run)
        try members.encode(interval.microseconds, forKey: .intervalUs)
        try members.encode(remarks, forKey: .remarks)
        try members.encode(uses, forKey: .things)
    }
}

extension SubjectUse: Encodable {
    private enum Keys: String, CodingKey {
        case kind, node, name, id, image, container, unit, user, instances, measures
        case unitKind = "unit_kind"
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Keys.self)
        try members.encode(subject.kind, forKey: .kind)
        try members.encodeIfPresent(subject.node.isEmpty ? nil : subject.node, forKey: .node)
        try members.encode(subject.name, forKey: .name)
        if subject.kind == .container || subject.kind == .unit { try members.encodeIfPresent(facts.id, forKey: .id) }
        if subject.kind == .container { try members.encodeIfPresent(facts.image, forKey: .image) }
        try members.encodeIfPresent(facts.unitKind, forKey: .unitKind)
        if subject.kind == .program {
            try members.encodeIfPresent(facts.container ?? facts.containerID, forKey: .container)
            try members.encodeIfPresent(facts.unit, forKey: .unit)
            try members.encodeIfPresent(facts.user ?? facts.uid, forKey: .user)
        }
        if subject.kind != .host { try members.encode(instances, forKey: .instances) }
        try members.encode(measures, forKey: .measures)
    }
}

extension MeasureUse: Encodable {
    private enum Keys: String, CodingKey {
        case measure, unit, mean, p50, p95, p99, max, total, seconds
        case totalUnit = "total_unit"
        case isExact = "exact"
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Keys.self)
        try members.encode(measure.name, forKey: .measure)
        try members.encode(measure.unit.name, forKey: .unit)
        let values = values(of: Statistic.allCases)
        for (statistic, key) in [
            (Statistic.mean, Keys.mean), (.p50, .p50), (.p95, .p95), (.p99, .p99), (.max, .max), (.total, .total),
        ] { try members.encodeIfPresent(values[statistic], forKey: key) }
        if values[.total] != nil { try members.encodeIfPresent(measure.totalUnit?.name, forKey: .totalUnit) }
        try members.encode(seconds, forKey: .seconds)
        try members.encode(self.values.isExact, forKey: .isExact)
    }
}
