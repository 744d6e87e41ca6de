import ArgumentParser
import StatsCore
import Testing

@testable import Collector

@Suite("Which runs --keep removes") struct RetentionTests {
    private static let day: Int64 = 86_400_000_000
    private static let now = 1_800_000_000_000_000 + 100 * day

    /// A run that ended so many days ago.
    private static func run(
        _ name: String, daysAgo: Int64, mebibytes: UInt64 = 1, state: RunState = .complete, isPinned: Bool = false
    ) throws -> RunListing {
        let end = now - daysAgo * day
        var run: RunListing = try JSONCoding.decode(
            from: Array(
                """
                {"id":"\(name)","name":"\(name)","state":"\(state.rawValue)","interval_us":1000000,"t0":"","t0_us":\(end - 60_000_000),
                 "files":{},"node_count":1\(state.isActive ? "" : ",\"ended\":\"\(Timestamp.string(end))\"")}
                """.utf8))
        run.diskBytes = mebibytes << 20
        run.isPinned = isPinned ? true : nil
        return run
    }

    /// The names of those that go, in their order.
    private static func gone(_ limit: String, _ runs: [RunListing], takesIncomplete: Bool = false) throws -> [String] {
        let retention = Retention(limit: try #require(KeepLimit(argument: limit)), takesIncomplete: takesIncomplete)
        return retention.due(runs, at: now).map { runs[$0.index].name }
    }

    @Test("Runs that ended too long ago go, the oldest first, and no others")
    func age() throws {
        let runs = try [Self.run("c", daysAgo: 29), Self.run("a", daysAgo: 40), Self.run("b", daysAgo: 31)]
        #expect(try Self.gone("30d", runs) == ["a", "b"])
        #expect(try Self.gone("41d", runs) == [])
        #expect(try Self.gone("1h", runs) == ["a", "b", "c"], "the newest goes too when it is too old")
    }

    @Test("As many of the oldest go as it takes to keep within the size, but never the newest run")
    func size() throws {
        let runs = try (1...4).map { try Self.run("r\($0)", daysAgo: 10 - Int64($0), mebibytes: 10) }
        #expect(try Self.gone("40MiB", runs) == [])
        #expect(try Self.gone("39MiB", runs) == ["r1"])
        #expect(try Self.gone("20MiB", runs) == ["r1", "r2"])
        #expect(try Self.gone("1MiB", runs) == ["r1", "r2", "r3"])
    }

    @Test("Both limits hold: what is too old goes first, and makes room")
    func both() throws {
        let runs = try (1...4).map { try Self.run("r\($0)", daysAgo: 40 - 10 * Int64($0 - 1), mebibytes: 10) }
        #expect(try Self.gone("35d,30MiB", runs) == ["r1"])
        #expect(try Self.gone("35d,20MiB", runs) == ["r1", "r2"])
    }

    @Test("What can't be reached, since all that is left has to stay, is told in bytes")
    func excess() throws {
        let runs = try [Self.run("pinned", daysAgo: 3, mebibytes: 10, isPinned: true), Self.run("old", daysAgo: 2, mebibytes: 10)]
        let retention = Retention(limit: try #require(KeepLimit(argument: "15MiB")))
        #expect(retention.excess(runs, without: retention.due(runs, at: Self.now)) == 5 << 20)
        #expect(retention.excess(Array(runs.prefix(1)), without: []) == nil)
    }

    @Test("Active and pinned runs are never removed, incomplete ones only when that was asked for; all of them count")
    func spared() throws {
        let runs = try [
            Self.run("pinned", daysAgo: 90, mebibytes: 10, isPinned: true),
            Self.run("incomplete", daysAgo: 80, mebibytes: 10, state: .incomplete),
            Self.run("recording", daysAgo: 70, mebibytes: 10, state: .recording),
            Self.run("stopping", daysAgo: 69, mebibytes: 10, state: .stopping),
            Self.run("armed", daysAgo: 68, mebibytes: 10, state: .armed), Self.run("old", daysAgo: 60, mebibytes: 10),
            Self.run("new", daysAgo: 1, mebibytes: 10),
        ]
        #expect(try Self.gone("30d", runs) == ["old"])
        #expect(try Self.gone("30d", runs, takesIncomplete: true) == ["incomplete", "old"])
        #expect(try Self.gone("65MiB", runs) == ["old"])
        #expect(try Self.gone("1MiB", runs, takesIncomplete: true) == ["incomplete", "old"])
    }

    @Test(
        "A limit is a time, a size, or both", arguments: [("30d", "30d"), ("36h", "36h"), ("20GiB", "20GiB"), ("7d, 1TiB", "7d,1024GiB")])
    func limits(text: String, meaning: String) throws {
        #expect(try #require(KeepLimit(argument: text)).description == meaning)
    }

    @Test(
        "What is no limit is refused",
        arguments: ["", "30", "d", "0d", "-1d", "+1d", "36501d", "1d,2d", "1GiB,2GiB", "1d,", "20GB", "1.5d"])
    func nonsense(text: String) throws {
        #expect(KeepLimit(argument: text) == nil)
    }

    @Test("Given again and again, each limit may be there once")
    func merged() throws {
        let both = try KeepLimit.merged([#require(KeepLimit(argument: "1GiB")), #require(KeepLimit(argument: "2d"))])
        #expect(both == KeepLimit(argument: "2d,1GiB"))
        #expect(throws: (any Error).self) { try CollectorConfiguration(CollectorOptions.parse(["--keep", "1d", "--keep", "1GiB,2d"])) }
        #expect(throws: (any Error).self) { try CollectorConfiguration(CollectorOptions.parse(["--remove-incomplete"])) }
        #expect(try CollectorConfiguration(CollectorOptions.parse([])).retention == nil)
    }
}
