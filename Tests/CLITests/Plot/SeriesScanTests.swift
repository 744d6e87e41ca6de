import StatsCore
import Testing

@testable import CLI

@Suite("Lines out of rows") struct SeriesScanTests {
    private typealias Point = ChartRun.Collected.Point

    private func query(_ column: String, by: [String] = []) -> SeriesQuery {
        SeriesQuery(table: "container", values: [SeriesQuery.Value(column: column)], by: by)
    }

    @Test("A counter is drawn as its growth per second, and microseconds as a share of a core")
    func rates() async throws {
        var run = try ChartRun()
        for tick: UInt64 in 0..<3 { run.add(tick, id: "c1", name: "web", cpu: tick * 250_000, received: tick * 1000) }
        #expect(try await run.values(query("cpu_us")).points[0] == [Point(1, 25, false), Point(2, 25, true)])
        #expect(try await run.values(query("rx_bytes")).points[0] == [Point(1, 1000, false), Point(2, 1000, true)])
    }

    @Test("A counter that goes back makes a gap, and no negative rate")
    func restart() async throws {
        var run = try ChartRun()
        for (tick, value) in [100, 200, 10, 60].enumerated() { run.add(UInt64(tick), id: "c1", name: "web", received: UInt64(value)) }
        #expect(try await run.values(query("rx_bytes")).points[0] == [Point(1, 100, false), Point(3, 50, false)])
    }

    @Test("Ticks that are missing, and empty cells, break a line; no rate is made up over them")
    func gaps() async throws {
        var run = try ChartRun()
        for tick: UInt64 in [0, 1, 3, 4] { run.add(tick, id: "c1", name: "web", percent: 5, received: tick) }
        run.add(5, id: "c1", name: "web", received: 5)
        #expect(
            try await run.values(query("cpu_percent")).points[0] == [
                Point(0, 5, false), Point(1, 5, true), Point(3, 5, false), Point(4, 5, true),
            ])
        #expect(
            try await run.values(query("rx_bytes")).points[0] == [Point(1, 1, false), Point(4, 1, false), Point(5, 1, true)])
    }

    @Test("A rate is over the time between the readings, which the age of the samples tells; a repeated sample holds the rate")
    func sampleAge() async throws {
        var run = try ChartRun()
        run.add(0, id: "c1", name: "web", age: 0, received: 0)
        run.add(1, id: "c1", name: "web", age: 500_000, received: 500)
        run.add(2, id: "c1", name: "web", age: 1_500_000, received: 500)
        run.add(3, id: "c1", name: "web", age: 500_000, received: 3000)
        let points = try await run.values(query("rx_bytes")).points[0]
        #expect(points == [Point(1, 1000, false), Point(2, 1000, true), Point(3, 1250, true)])
    }

    @Test("A reading that is told again by a clock that moved meanwhile holds the rate: no 0, and not twice the rate behind it")
    func movedClock() async throws {
        var run = try ChartRun()
        for (tick, reading) in [(0, 0), (1, 1000), (2, 1000), (3, 2000), (4, 3000)].enumerated().map({ ($0, $1.1) }) {
            // The same reading at ticks 1 and 2, told 300 µs apart.
            run.add(UInt64(tick), id: "c1", name: "web", age: [0, 0, 999_700, 1_000_000, 1_000_000][tick], received: UInt64(reading))
        }
        let points = try await run.values(query("rx_bytes")).points[0]
        #expect(points?.map(\.number) == [1000, 1000, 1000, 1000])
    }

    @Test("A container that was started anew makes a gap, even where its counters soon are beyond what they were")
    func anotherStart() async throws {
        var run = try ChartRun()
        for (tick, value) in [100, 200, 900, 960].enumerated() {
            run.add(UInt64(tick), id: "c1", name: "web", received: UInt64(value), started: tick < 2 ? 7 : 8)
        }
        #expect(try await run.values(query("rx_bytes")).points[0] == [Point(1, 100, false), Point(3, 60, false)])
    }

    @Test("Instances that share a line are summed up, each counter for itself")
    func sums() async throws {
        var run = try ChartRun()
        for tick: UInt64 in 0..<3 {
            run.add(tick, id: "c1", name: "web1", image: "shop", received: tick * 10)
            run.add(tick, id: "c2", name: "web2", image: "shop", received: 1000 + tick * 5)
            run.add(tick, id: "c3", name: "db", image: "db", received: 7)
        }
        let found = try await run.values(query("rx_bytes", by: ["image"]))
        #expect(found.names == [["a", "shop"], ["a", "db"]])
        #expect(found.points[0]?.map(\.number) == [15, 15])
        #expect(found.points[1]?.map(\.number) == [0, 0])
    }

    @Test("Containers of one name on two nodes are two lines; names with commas and quotes are read")
    func names() async throws {
        var run = try ChartRun()
        for tick: UInt64 in 0..<2 {
            run.add(tick, node: "a", id: "c1", name: "we,\"b", percent: 1)
            run.add(tick, node: "b", id: "c1", name: "we,\"b", percent: 2)
        }
        let found = try await run.values(query("cpu_percent"))
        #expect(found.names == [["a", "we,\"b"], ["b", "we,\"b"]])
        #expect(found.points[1]?.map(\.number) == [2, 2])
    }

    @Test("Rows that are torn, or of no tick of the run, are left out and counted")
    func badRows() async throws {
        var run = try ChartRun()
        run.add(0, id: "c1", name: "web", percent: 1)
        run.add(99, id: "c1", name: "web", percent: 1)
        run.run.files["container.csv"]! += "rubbish\n\(VerifyRunBuilder.time(1)),1,a,c1,web,i"
        let found = try await run.values(query("cpu_percent"))
        #expect(found.badRows == 3)
        #expect(found.points[0]?.count == 1)
    }
}
