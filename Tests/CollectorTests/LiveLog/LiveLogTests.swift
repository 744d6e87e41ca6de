import NIOCore
import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("The live log") struct LiveLogTests {
    private let directory: ScratchDirectory
    private let start: Int64 = 1_800_000_000_000_000
    private let columns = ColumnMap(tables: ["host": ["load1", "context_switches"], "disk": ["device", "reads"]])

    init() throws { directory = try ScratchDirectory() }

    private func roll(size: UInt64 = 1 << 30, age: Interval = .seconds(3600)) throws -> LiveLogRoll {
        try LiveLogRoll(LiveLogOptions(directory: directory.path, size: size, age: age))
    }

    private func add(_ rows: String, tick: UInt64 = 0, to roll: inout LiveLogRoll) throws -> UInt64 {
        let frame = ByteBuffer(bytes: Frames.tick(tick, run: "", seq: 0, rows: rows))
        return roll.append(
            try TickFrame(frame.readableBytesSpan), frame: frame.readableBytesSpan, node: "a,b", columns: columns)
    }

    private func parts() throws -> [String] { directory.tree().filter { !$0.contains("/") } }

    @Test("Rows of live ticks stand in files like a run's, with the dictionary beside them")
    func rows() throws {
        var roll = try roll()
        #expect(try add(#"{"host":[[0.5,7]]}"#, to: &roll) == 0)
        #expect(try add(#"{"host":[[null,8]]}"#, tick: 1, to: &roll) == 0)
        try roll.write(at: start)
        let part = try #require(parts().first)
        #expect(part == "2027-01-15T08-00-00Z")
        let table = try #require(parseCSV(directory.text("\(part)/host.csv")))
        let header = try #require(table.first)
        let load = try #require(header.firstIndex(of: "load1"))
        #expect(table.count == 3)
        #expect(table[1][1...2] == ["0", "a,b"] && table[1][load] == "0.5" && table[2][load] == "")
        #expect(try directory.text("\(part)/columns.csv").contains("host,load1,"))
        let files = directory.tree().filter { $0.hasPrefix(part + "/") }.map { String($0.dropFirst(part.count + 1)) }
        #expect(Set(files) == Set(TableID.allCases.map(RunFiles.table)).union([RunFiles.columns]))
    }

    @Test("A table with a row that can't be read is left out as a whole, and the others stay")
    func fault() throws {
        var roll = try roll()
        #expect(try add(#"{"host":[[0.5,7],[1]]}"#, to: &roll) == 1)
        #expect(try add(#"{"host":[[0.25,9]]}"#, to: &roll) == 0)
        try roll.write(at: start)
        let text = try directory.text("\(#require(parts().first))/host.csv")
        #expect(text.split(separator: "\n").count == 2 && text.contains("0.25"))
    }

    @Test("A wall clock that is set forward or back takes no rows away early, and keeps none longer", arguments: [7200, -7200])
    func clockSet(_ step: Int64) throws {
        var roll = try roll(age: .seconds(800))
        func write(_ second: Int64, ahead: Int64) throws {
            _ = try add(#"{"host":[[0.5,7]]}"#, to: &roll)
            try roll.write(at: start + (second + ahead) * 1_000_000, steady: second * 1_000_000)
        }
        try write(0, ahead: 0)
        try write(50, ahead: step)
        #expect(try parts().count == 1)
        try write(100, ahead: step)
        #expect(try parts().count == 2)
        try write(900, ahead: step)
        #expect(try parts().count == 3)
        try write(901, ahead: step)
        #expect(try parts().count == 2)
    }

    @Test("The oldest parts go before all together are larger than the limit, also those of an earlier start")
    func size() throws {
        let limit: UInt64 = 1 << 20
        for life in 0..<2 {
            var roll = try roll(size: limit)
            for second in 0..<200 {
                let rows = String(repeating: "[\"a\",1234567890],", count: 500).dropLast()
                #expect(try add("{\"disk\":[\(rows)]}", to: &roll) == 0)
                try roll.write(at: start + Int64(life * 200 + second) * 1_000_000)
                let bytes = try parts().reduce(UInt64(0)) { sum, name in
                    sum + LiveLogPart.bytes(in: try directory.descriptor().directory(name))
                }
                // The rows of one second may be added to the limit.
                #expect(bytes <= limit + 50_000, "\(bytes) bytes after \(second) s")
            }
        }
        #expect(try parts().count > 4)
        #expect(try parts().allSatisfy { $0 > "2027-01-15T08-03-20Z" })
    }

    @Test("What is older than the age goes, and nothing else that lies in the directory")
    func age() throws {
        var roll = try roll(age: .seconds(80))
        try directory.descriptor().makeDirectory("mine")
        for second in 0..<300 {
            _ = try add(#"{"host":[[0.5,7]]}"#, to: &roll)
            try roll.write(at: start + Int64(second) * 1_000_000)
        }
        let kept = try parts()
        #expect(kept.contains("mine"))
        // 80 s in parts of 10 s, plus the part that is being written, and the one that is only partly too old.
        #expect(kept.count - 1 <= 10 && kept.count - 1 >= 8, "\(kept)")
        #expect(kept.first.map { $0 >= "2027-01-15T08-03-20Z" } == true)
        // Parts are also removed when only time passes.
        try roll.write(at: start + 3_600_000_000)
        #expect(try parts().count <= 2)
    }

    @Test("A part that somebody removed costs no row that comes")
    func removed() throws {
        var roll = try roll(age: .seconds(80))
        for second in 0..<300 {
            _ = try add(#"{"host":[[0.5,7]]}"#, to: &roll)
            try roll.write(at: start + Int64(second) * 1_000_000)
            if second == 40, let oldest = try parts().first {
                try LiveLogPart.remove(oldest, in: directory.descriptor())
            }
        }
        #expect(try parts().last.map { $0 > "2027-01-15T08-04-40Z" } == true)
    }

    @Test("Two parts that begin within a second have names of their own")
    func sameSecond() throws {
        for _ in 0..<3 {
            var roll = try roll()
            _ = try add(#"{"host":[[0.5,7]]}"#, to: &roll)
            try roll.write(at: start)
        }
        #expect(try parts() == ["2027-01-15T08-00-00Z", "2027-01-15T08-00-00Z-2", "2027-01-15T08-00-00Z-3"])
    }
}

extension LiveLogRoll {
    /// As long as nobody sets the wall clock.
    fileprivate mutating func write(at now: Int64) throws { try write(at: now, steady: now) }
}
