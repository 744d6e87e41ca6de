import Foundation
import StatsCore
import SystemPackage
import TestSupport
import Testing

@testable import Collector

@Suite("Runs that a process of its own sums up") struct RunSummariesTests {
    /// A directory with a run `r`, and a program that notes its arguments, a line each time, before it does what the script says.
    private struct Place {
        let scratch: ScratchDirectory
        let summaries: RunSummaries

        init(_ script: String) throws {
            scratch = try ScratchDirectory()
            let program = try scratch.makeProgram("sonde", "echo \"$@\" >>'\(scratch.path("asked"))'\n\(script)")
            try scratch.write(RunRemovalTests.manifest("r"), to: "r/run.json")
            summaries = RunSummaries(program: FilePath(program))
        }

        func ask(_ query: [(key: Substring, value: Substring)] = []) async throws -> String {
            let version = try RunSummaries.Version(Descriptor.directory(scratch.path("r")), path: scratch.path("r"))
            return String(decoding: try await summaries.summary(of: version, .init(query)), as: UTF8.self)
        }

        func asked() throws -> [String] { try scratch.text("asked").split(separator: "\n").map(String.init) }
    }

    @Test("A run is read once for each part that is asked for, and again when its run.json is another one")
    func kept() async throws {
        let place = try Place("echo \"[$*]\"")
        let whole = try await place.ask()
        #expect(try await place.ask() == whole && place.asked().count == 1)
        let part = try await place.ask([("from", "load on"), ("by", "host"), ("to", "")])
        #expect(part.contains("--from=load on --by=host]") && !part.contains("--to"), "\(part)")
        #expect(try await place.ask() == whole && place.asked().count == 2)
        // As whoever records a run of the same name anew: another file.
        try place.scratch.write(RunRemovalTests.manifest("r"), to: "other")
        try FileManager.default.removeItem(atPath: place.scratch.path("r/run.json"))
        try FileManager.default.moveItem(atPath: place.scratch.path("other"), toPath: place.scratch.path("r/run.json"))
        #expect(try await place.ask() == whole && place.asked().count == 3)
        for line in try place.asked() { #expect(line.hasPrefix("summary \(place.scratch.path("r")) --json --most=5000"), "\(line)") }
    }

    @Test("Of many parts only the newest are kept, and nothing that is large")
    func bounded() async throws {
        let place = try Place("echo \"[$*]\"")
        for round in 0..<2 { for part in 0..<9 { _ = try await place.ask([("from", "\(part)s")]) + "\(round)" } }
        #expect(try place.asked().count == 18)
        let large = try Place("head -c 1100000 /dev/zero")
        for _ in 0..<2 { #expect(try await large.ask().utf8.count == 1_100_000) }
        #expect(try large.asked().count == 2)
    }

    @Test("A second run is refused while one is summed up; what failed is asked for again")
    func busy() async throws {
        let place = try Place("while [ ! -e \"$0.go\" ]; do sleep 0.01; done; echo {}")
        async let first = place.ask()
        try await eventually("the first has begun") { (try? place.asked().count) == 1 }
        let refused = try #require(await #expect(throws: ControlFailure.self) { try await place.ask([("by", "host")]) })
        #expect(refused.code == "busy")
        try place.scratch.write("", to: "sonde.go")
        #expect(try await first == "{}\n")

        let failing = try Place(#"echo '{"code":"no_mark","message":"it has none"}' >&2; exit 1"#)
        for count in 1...2 {
            let failure = try #require(await #expect(throws: ControlFailure.self) { try await failing.ask([("from", "x")]) })
            #expect(failure.code == "no_mark" && failure.message == "it has none")
            #expect(try failing.asked().count == count)
        }
    }
}

@Suite("GET /runs/<dir>/summary") struct SummaryRouteTests {
    @Test(
        "Of no run, of a run in progress and with an option that nobody knows it says why there is none; a run called summary keeps its name"
    )
    func refused() async throws {
        let scratch = try ScratchDirectory()
        try scratch.write(RunRemovalTests.manifest("group/a"), to: "group/a/run.json")
        try scratch.write(RunRemovalTests.manifest("group/summary"), to: "group/summary/run.json")
        try scratch.write(RunRemovalTests.manifest("open", state: .recording), to: "open/run.json")
        try await ControlPort.with(scratch.path) { control in
            for path in ["/runs/none/summary", "/runs/summary", "/runs/group/b/summary"] {
                let answer = try await control.ask(path)
                #expect(answer.status == 404 && answer.code == "not_found", "\(answer)")
            }
            let open = try await control.ask("/runs/open/summary")
            #expect(open.status == 409 && open.code == "run_active" && open.text.contains("when it is stopped"), "\(open)")
            let unknown = try await control.ask("/runs/group/a/summary?since=x")
            #expect(unknown.status == 400 && unknown.text.contains("known are from, to, by"), "\(unknown)")
            #expect(try await control.ask("/runs/group/a/summary", method: "HEAD").status == 200)
            #expect(try await control.ask("/runs/group/a/summary", method: "PUT").code == "bad_method")
            let own = try await control.ask("/runs/group/summary")
            #expect(own.status == 200 && own.text.contains("\"t0_us\""), "\(own)")
        }
    }

    @Test("Who lacks the token gets no table")
    func token() async throws {
        let scratch = try ScratchDirectory()
        try scratch.write(RunRemovalTests.manifest("a"), to: "a/run.json")
        try await ControlPort.with(scratch.path, token: Token()) { control in
            let answer = try await control.ask("/runs/a/summary")
            #expect(answer.code == "unauthorized")
        }
    }
}
