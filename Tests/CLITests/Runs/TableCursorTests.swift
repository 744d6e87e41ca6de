import StatsCore
import SystemPackage
import Testing

@testable import CLI

@Suite("Rows of a run's tables") struct TableCursorTests {
    private static let all = ["time", "tick", "node", "container", "sample_age_us", "cpu_us"]

    private func read(_ rows: String, _ names: [String], _ body: (inout TableCursor) throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.appending("x.csv")
            try VerifyRunBuilder.put(Array((Self.all.joined(separator: ",") + "\n" + rows).utf8), at: path)
            var cursor = try TableCursor(CSVReader(path: path.string), TableColumns(names, of: Self.all))
            try body(&cursor)
        }
    }

    @Test("Cells are found by their columns' names, in whichever order they are asked for, and what is not there is absent")
    func cells() async throws {
        try await read(
            "t,7,n,\"a, \"\"b\"\"\",-500,18446744073709551615\nt,8,n,'=x,,\n", ["cpu_us", "nobody", "container", "sample_age_us"]
        ) { cursor in
            let first = try (
                cursor.advance(), cursor.row.text("container"), cursor.row.count("cpu_us"), -cursor.row.mark(at: 0).sampled,
                cursor.row.text("nobody")
            )
            #expect(first == (true, "a, \"b\"", .max, -500, nil))
            let second = try (
                cursor.advance(), cursor.row.text("container"), cursor.row.number("cpu_us"), -cursor.row.mark(at: 0).sampled,
                cursor.row.text("node")
            )
            #expect(second == (true, "=x", nil, 0, nil))
            let end = try (cursor.advance(), cursor.rows, cursor.badRows)
            #expect(end == (false, 2, 0))
        }
    }

    @Test("Rows that don't fit the table are counted and passed over, and so is one that is cut off")
    func badRows() async throws {
        try await read("t,1,n\nt,2,n,c,,5\nt,3,n,c,,5,6\nt,4,n,c,,5", ["tick"]) { cursor in
            let found = try (cursor.advance(), cursor.row.count("tick"))
            #expect(found == (true, 2))
            let end = try (cursor.advance(), cursor.rows, cursor.badRows)
            #expect(end == (false, 4, 3))
        }
    }

    @Test("A text that is the same as before stays, and an empty one takes nothing away")
    func updates() async throws {
        try await read("t,1,n,a,,\nt,2,n,a,,\nt,3,n,,,\nt,4,n,b,,\n", ["container"]) { cursor in
            var name: String?
            var seen: [String?] = []
            while try cursor.advance() {
                cursor.row.update(&name, from: "container")
                seen.append(name)
            }
            #expect(seen == ["a", "a", "a", "b"])
        }
    }
}
