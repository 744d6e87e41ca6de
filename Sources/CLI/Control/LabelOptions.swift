import ArgumentParser
import StatsCore

/// The labels of a run that begins.
struct LabelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A label that tells the run from others, such as variant=baseline; again for more.", valueName: "key=value"))
    var label: [String] = []

    func validate() throws {
        do throws(RunLabels.Fault) { _ = try RunLabels.parse(label) } catch { throw ValidationError("--label: \(error).") }
    }
}
