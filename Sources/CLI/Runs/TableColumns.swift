/// Which columns of a table somebody reads, by their names.
struct TableColumns {
    /// How many columns the table has.
    let width: Int
    /// The numbers of those that are read, ascending. A column's slot is its place in here.
    let numbers: [Int]
    private let slots: [String: Int]
    /// The slots of `sample_age_us` and `started_us`, which only containers' rows have.
    let sampleAge: Int?
    let started: Int?

    /// The columns that a row's mark is made of.
    static let ofMarks = ["sample_age_us", "started_us"]

    /// - Parameters:
    ///   - names: of columns to be read; those that the table lacks are left out.
    ///   - all: the table's columns, in their order.
    init(_ names: some Sequence<String>, of all: [String]) {
        width = all.count
        let wanted = names.compactMap { name in all.firstIndex(of: name).map { (name, $0) } }
        let numbers = Set(wanted.map(\.1)).sorted()
        self.numbers = numbers
        slots = Dictionary(numbers.enumerated().map { (all[$1], $0) }) { first, _ in first }
        sampleAge = slots["sample_age_us"]
        started = slots["started_us"]
    }

    /// A column's slot; `nil` for one that the table lacks, or that is not read.
    subscript(name: String) -> Int? { slots[name] }
}
