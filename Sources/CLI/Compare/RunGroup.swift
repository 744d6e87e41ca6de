import StatsCore

/// Repetitions that are compared with others: runs, or a part of each of them.
struct RunGroup: Sendable {
    var directories: [String]
    /// Where a part begins and ends. Marks that were set again and again in a run make as many repetitions.
    var ends = RunWindow.Ends()
}

/// One repetition: what each thing used in a run, or in a part of it, in numbers.
struct Repetition: Sendable {
    /// For people: the run's directory, with the part's number where it has several.
    let label: String
    let directory: String
    let window: RunWindow
    let interval: Interval
    /// By thing and by measure.
    var values: [Subject: [String: [Statistic: Double]]] = [:]
    /// The distribution of the values of those that used most, where it is wanted.
    var sketches: [Subject: [String: ValueSketch]] = [:]
    /// What is wrong with it.
    var problems: [String] = []
}

extension Repetition {
    /// How many things of a kind keep the distribution of their values.
    private static let sketched = 200

    /// - Parameter subject: the name under which a thing is compared.
    init(
        _ summary: RunSummary, label: String, statistics: [Statistic], keepsSketches: Bool, problems: [String],
        subject: (Subject) -> Subject
    ) {
        self.init(label: label, directory: summary.directory, window: summary.window, interval: summary.interval, problems: problems)
        for use in summary.uses {
            for measure in use.measures {
                values[subject(use.subject), default: [:]][measure.measure.name] = measure.values(of: statistics)
            }
        }
        guard keepsSketches else { return }
        for kind in SubjectKind.allCases {
            for use in summary.uses.filter({ $0.subject.kind == kind }).busiest(Self.sketched) {
                for measure in use.measures { sketches[subject(use.subject), default: [:]][measure.measure.name] = measure.values }
            }
        }
    }
}
