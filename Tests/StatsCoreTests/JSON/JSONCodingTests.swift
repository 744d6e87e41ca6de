import Testing

@testable import StatsCore

@Suite("JSON of the programs") struct JSONCodingTests {
    private struct Node: Codable, Equatable {
        enum State: String, Codable { case up, down }
        var name: String
        var cpus: Int?
        var state: State
    }

    private struct Run: Codable, Equatable {
        var t0: Int64
        var nodes: [Node]
        var path: String
    }

    private func mismatch(_ json: String) -> String {
        do throws(JSONMismatch) {
            _ = try JSONCoding.decode(Run.self, from: json.utf8)
            return "nothing"
        } catch {
            return "\(error)"
        }
    }

    @Test("What is written is read again, members in the order of their names and slashes as they are")
    func roundTrip() throws {
        let run = Run(t0: 1, nodes: [Node(name: "a", state: .up)], path: "/a/b")
        let json = try JSONCoding.encode(run)
        #expect(String(decoding: json, as: UTF8.self) == #"{"nodes":[{"name":"a","state":"up"}],"path":"/a/b","t0":1}"#)
        #expect(try JSONCoding.decode(from: json) == run && JSONCoding.decode(from: json.span.bytes) == run)
        #expect(try JSONCoding.decode(from: JSONCoding.encode(run, isPretty: true)) == run)
    }

    @Test("What is absent or wrong is named by the way to it")
    func mismatches() {
        #expect(mismatch(#"{"t0":1,"nodes":[]}"#) == "`path` is absent")
        #expect(mismatch(#"{"t0":1,"path":"","nodes":[{"name":"a","state":"up"},{"state":"up"}]}"#) == "`nodes[1].name` is absent")
        #expect(mismatch(#"{"t0":"1","path":"","nodes":[]}"#) == "`t0` is of the wrong type")
        #expect(mismatch(#"{"t0":null,"path":"","nodes":[]}"#) == "`t0` is null")
        #expect(
            mismatch(#"{"t0":1,"path":"","nodes":[{"name":"a","state":"lost"}]}"#) == "`nodes[0].state` has a value that it can't have")
        #expect(mismatch("[]") == "content is of the wrong type")
        #expect(mismatch("{").hasPrefix("content can't be read: ") && mismatch("").hasPrefix("content can't be read: "))
    }
}
