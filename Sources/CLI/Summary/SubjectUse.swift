/// What one thing used, in a run or in a part of it.
struct SubjectUse: Sendable {
    let subject: Subject
    /// What else is known of it for people: a container's image, a unit's kind, a program's place.
    var facts = SubjectFacts()
    /// How many containers, processes or cgroups it was.
    var instances = 0
    /// In the order in which they are shown.
    private(set) var measures: [MeasureUse] = []

    subscript(measure: String) -> MeasureUse? { measures.first { $0.measure.name == measure } }

    mutating func add(_ use: MeasureUse) {
        if let place = measures.firstIndex(where: { $0.measure.name == use.measure.name }) {
            measures[place].add(use)
        } else if !use.isEmpty {
            measures.append(use)
        }
    }

    /// Takes over what the same thing used besides.
    mutating func add(_ other: SubjectUse) {
        instances += other.instances
        facts.takeOver(other.facts)
        for use in other.measures { add(use) }
    }
}

/// What is told of a thing besides its name, as its rows last said it.
struct SubjectFacts: Sendable, Equatable {
    /// A container's id, or the path of a unit's cgroup.
    var id: String?
    var name: String?
    var image: String?
    var unitKind: String?
    var container: String?
    var containerID: String?
    var unit: String?
    var user: String?
    var uid: String?

    mutating func takeOver(_ later: SubjectFacts) {
        id = later.id ?? id
        name = later.name ?? name
        image = later.image ?? image
        unitKind = later.unitKind ?? unitKind
        container = later.container ?? container
        containerID = later.containerID ?? containerID
        unit = later.unit ?? unit
        user = later.user ?? user
        uid = later.uid ?? uid
    }
}
