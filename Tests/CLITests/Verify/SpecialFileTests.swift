import StatsCore
import SystemPackage
import TestSupport
import Testing

@testable import CLI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A test that reads a device, waits for a FIFO's other end or reads a terabyte doesn't end by itself.
@Suite("Something else stands where a run's file should", .timeLimit(.minutes(5))) struct SpecialFileTests {
    enum Thing: String, CaseIterable {
        case fifo, directory, linkToZero = "link to /dev/zero", terabyte = "file with a hole of a terabyte"

        /// Puts it in the place of a file.
        func take(placeOf path: String) {
            unlink(path)
            switch self {
            case .fifo: mkfifo(path, 0o644)
            case .directory: mkdir(path, 0o755)
            case .linkToZero: symlink("/dev/zero", path)
            case .terabyte:
                let file = open(path, O_RDWR | O_CREAT, 0o644)
                ftruncate(file, 1 << 40)
                close(file)
            }
        }
    }

    private func run() throws -> ScratchDirectory {
        let scratch = try ScratchDirectory()
        var chart = try ChartRun()
        for tick in UInt64(0)..<6 { chart.add(tick, id: "c1", name: "web", percent: 2.5, cpu: tick, received: tick) }
        chart.run.commit = CommitRecord()
        try chart.run.write(to: FilePath(scratch.path))
        return scratch
    }

    @Test("verify, report and plot end, and say what stands there", arguments: Thing.allCases)
    func named(thing: Thing) throws {
        let names = ["host.csv", "run.json", ".commit", "container.csv", "gaps.csv", "event.csv", "columns.csv"]
        // Of a terabyte up to the longest row is read and summed up, which takes a build for tests a second.
        for name in names.prefix(thing == .terabyte ? 3 : names.count) {
            let scratch = try run()
            thing.take(placeOf: scratch.path(name))
            do {
                let report = try RunVerification.report(on: scratch.path)
                #expect(report.result == .damaged && report.faults.contains { $0.file == name }, "\(name)")
            } catch let failure as CommandFailure {
                #expect(name == "run.json" && failure.code == "unreadable", "\(name): \(failure.message)")
            }
            _ = try? ReportPage(scratch.path)
            _ = try? RunPlot(scratch.path, RunPlot.Wish(query: SeriesQuery(table: "container", values: [.init(column: "cpu_percent")])))
        }
    }

    @Test("A file that run.json says is a terabyte long, and is one hole, is damaged at its first row")
    func claimedTerabyte() throws {
        let scratch = try run()
        Thing.terabyte.take(placeOf: scratch.path("host.csv"))
        var manifest = try RunManifest(decoding: scratch.bytes("run.json"))
        manifest.files["host.csv"]?.bytes = 1 << 40
        try scratch.write(manifest.encoded(), to: "run.json")
        let report = try RunVerification.report(on: scratch.path)
        #expect(report.faults.contains { $0.file == "host.csv" && $0.code == .csv && $0.message.contains("nothing behind it was read") })
    }
}
