import StatsCore
import SystemPackage
import TestSupport
import Testing

@testable import CLI

@Suite("The runs of a group") struct ChosenRunsTests {
    /// Writes a run with labels.
    private func write(_ labels: [String: String], to path: FilePath) throws {
        var run = try UseRun()
        run.run.manifest.labels = labels
        try Directories.make(path)
        try run.run.write(to: path)
    }

    @Test("Labels choose among the runs that are named, and where none has them, those that there are are told")
    func labels() async throws {
        try await TemporaryDirectory.with { directory in
            let paths = ["r1", "r2", "r3"].map { directory.appending($0) }
            try write(["a": "1", "b": "x"], to: paths[0])
            try write(["a": "2", "b": "x"], to: paths[1])
            try write(["a": "1", "b": "y"], to: paths[2])
            let names = paths.map(\.string)
            #expect(try ChosenRuns(names, where: ["a": "1"]).directories == [names[0], names[2]])
            #expect(try ChosenRuns(names, where: ["a": "1", "b": "y"]).directories == [names[2]])
            #expect(try ChosenRuns(names, where: [:]).directories == names)
            let failure = #expect(throws: CommandFailure.self) { try ChosenRuns(names, where: ["a": "3"]) }
            #expect(failure?.message == "None of the runs has a=3. Their labels: a=1, a=2, b=x, b=y.")
        }
    }

    @Test(
        "A matrix stands for its runs, in an order in which those of two levels that are alike otherwise have the same places, without what failed"
    )
    func matrix() async throws {
        try await TemporaryDirectory.with { directory in
            let plan = try MatrixPlanTests.plan("factors: {a: [1, 2], b: [x, y]}\nrepetitions: 2\nduration: 1s\n")
            let matrix = try MatrixDirectory(directory.appending("m").string, for: plan)
            let runs = matrix.state.runs
            for run in runs {
                let name = MatrixSession.name(run, attempt: 1, of: runs.count)
                try write(
                    ["a": run.levels[0], "b": run.levels[1], "repetition": "\(run.repetition)"],
                    to: directory.appending("m").appending(name))
                var records = [MatrixRecord(.began, run.number), MatrixRecord(.recorded, run.number), MatrixRecord(.ended, run.number)]
                (records[0].attempt, records[0].directory) = (1, name)
                records[1].state = run.number == 8 ? .failed : .complete
                for record in records { try matrix.note(record) }
            }
            func keys(_ level: String) throws -> [String] {
                try ChosenRuns([matrix.path], where: ["a": level]).directories.map { path in
                    let labels = try RunOnDisk(path).manifest.labels ?? [:]
                    return "\(labels["repetition"] ?? "") \(labels["b"] ?? "")"
                }
            }
            let order = ["1 x", "1 y", "2 x", "2 y"]
            let last = "\(runs[7].repetition) \(runs[7].levels[1])"
            for level in ["1", "2"] { #expect(try keys(level) == (runs[7].levels[0] == level ? order.filter { $0 != last } : order)) }
            #expect(try ChosenRuns([matrix.path], where: [:]).notes.first?.contains("1 failed or are still to be done") == true)
        }
    }

    @Test(
        "An archive stands for its runs, of a matrix in the order of its directory, whatever order they were packed in; what holds runs and is none names them"
    )
    func archive() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let runs = [("2", "1", "y"), ("1", "2", "y"), ("10", "1", "x"), ("1", "1", "y"), ("1", "2", "x"), ("1", "1", "x")]
        let directories = try runs.enumerated().map { number, run in
            var part = try PartRun("run-\(number)")
            part.run.manifest.labels = ["repetition": run.0, "a": run.1, "b": run.2]
            return try part.write(to: scratch)
        }
        let archive = scratch.path("x.tar")
        _ = try RunPack(directories: directories, output: archive).run()
        func names(_ labels: [String: String]) throws -> [String] {
            try ChosenRuns([archive], where: labels).directories.map { String($0.split(separator: "/").last ?? "") }
        }
        #expect(try names(["a": "1"]) == ["run-5", "run-3", "run-0", "run-2"])
        #expect(try names(["a": "2"]) == ["run-4", "run-1"])
        #expect(try names([:]).count == 6)
        #expect(try ChosenRuns([archive + "/run-3"], where: [:]).directories == [archive + "/run-3"])

        let failure = #expect(throws: CommandFailure.self) { _ = try RunOnDisk(scratch.path) }
        #expect(failure?.message.hasPrefix("\(scratch.path) is no run: it has no run.json. There are runs in it: run-0, run-1") == true)
    }
}
