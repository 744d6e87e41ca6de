import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("What the control port does to runs that are over") struct RunCareRoutesTests {
    private func scratch() throws -> ScratchDirectory {
        let scratch = try ScratchDirectory()
        try scratch.write(RunRemovalTests.manifest("group/a"), to: "group/a/run.json")
        try scratch.write(RunRemovalTests.manifest("b"), to: "b/run.json")
        return scratch
    }

    @Test("DELETE removes a run, names what it removed, and answers 404 the second time")
    func delete() async throws {
        let scratch = try scratch()
        try await ControlPort.with(scratch.path) { control in
            let answer = try await control.ask("/runs/group%2Fa", method: "DELETE")
            #expect(
                answer.status == 200 && answer.text.contains(#""name":"group\/a""#) || answer.text.contains(#""name":"group/a""#),
                "\(answer)")
            #expect(!scratch.tree().contains("group/a"))
            #expect(try await control.ask("/runs/group/a", method: "DELETE").code == "not_found")
            #expect(try await control.ask("/runs/..", method: "DELETE").code == "bad_name")
            #expect(try await control.ask("/runs/", method: "DELETE").status >= 400)
            #expect(scratch.tree().contains("b/run.json"))
        }
    }

    @Test("A pinned run can't be removed until it is unpinned, and the list of runs says so")
    func pin() async throws {
        let scratch = try scratch()
        try await ControlPort.with(scratch.path) { control in
            #expect(try await control.ask("/runs/b/pin", method: "POST").text.contains(#""pinned":true"#))
            #expect(try await control.ask("/runs?nodes=count").text.contains(#""pinned":true"#))
            let refused = try await control.ask("/runs/b", method: "DELETE")
            #expect(refused.status == 409 && refused.code == "pinned")
            #expect(try await !control.ask("/runs/b/unpin", method: "POST").text.contains("pinned"))
            #expect(try await control.ask("/runs/b", method: "DELETE").status == 200)
            #expect(try await control.ask("/runs/absent/pin", method: "POST").code == "not_found")
            #expect(try await control.ask("/runs/b/burn", method: "POST").code == "not_found")
        }
    }

    @Test("A foreign page, other methods and whoever lacks the token can't remove a run")
    func guarded() async throws {
        let scratch = try scratch()
        try await ControlPort.with(scratch.path) { control in
            let foreign = try await control.ask("/runs/b", ["Origin: http://evil.example"], method: "DELETE")
            #expect(foreign.code == "cross_site")
            #expect(try await control.ask("/runs/b", method: "PUT").code == "bad_method")
            #expect(try await control.ask("/runs/b/delete").status == 404)
        }
        let token = try #require(Token(hexadecimal: String(repeating: "a", count: 64)))
        try await ControlPort.with(scratch.path, token: token) { control in
            let removal = try await control.ask("/runs/b", method: "DELETE")
            let pin = try await control.ask("/runs/b/pin", method: "POST")
            #expect(removal.code == "unauthorized" && pin.code == "unauthorized")
        }
        #expect(scratch.tree().contains("b/run.json") && !scratch.tree().contains("b/.pinned"))
    }

    @Test("A compressed file is downloaded as it is, and under its plain name by who understands gzip")
    func compressed() async throws {
        let scratch = try scratch()
        try scratch.write("not really gzip", to: "b/host.csv.gz")
        try await ControlPort.with(scratch.path) { control in
            let asIs = try await control.ask("/runs/b/host.csv.gz")
            #expect(asIs.status == 200 && asIs.has("Content-Type: application/gzip") && !asIs.has("Content-Encoding: gzip"))
            let encoded = try await control.ask("/runs/b/host.csv", ["Accept-Encoding: br, gzip;q=0.5"])
            #expect(encoded.status == 200 && encoded.has("Content-Encoding: gzip") && encoded.text.hasSuffix("not really gzip"))
            for headers in [[], ["Accept-Encoding: identity"], ["Accept-Encoding: gzip;q=0"]] {
                let refused = try await control.ask("/runs/b/host.csv", headers)
                #expect(refused.status == 404 && refused.text.contains("ask for host.csv.gz"), "\(refused)")
            }
            #expect(try await control.ask("/runs/b/cpu.csv", ["Accept-Encoding: gzip"]).code == "not_found")
            #expect(try await control.ask("/runs?nodes=count").text.contains(#""compressed":true"#))
        }
    }

    @Test(
        "Labels of a start are checked: a bad one starts nothing",
        arguments: ["label=x", "label=a%3D1&label=a%3D2", "label=%3D1", "label=a%3Db%0Ac"])
    func labels(query: String) async throws {
        let scratch = try scratch()
        try await ControlPort.with(scratch.path) { control in
            let refused = try await control.ask("/start/new?\(query)", method: "POST")
            #expect(refused.status == 400 && refused.code == "bad_label", "\(refused)")
        }
    }
}
