import StatsCore
import Testing

@testable import Agent

@Suite("The processes that use most") struct ProcessTopTests {
    private static func use(_ pid: UInt64, cpu: Double, memory: UInt64 = 0) -> ProcessUse {
        ProcessUse(pid: pid, start: 1, cpu: cpu, memory: memory)
    }

    private static func pids(_ top: inout ProcessTop, _ processes: [ProcessUse]) -> Set<UInt64> {
        let chosen = top.choose(processes, interval: 1_000_000)
        return Set(zip(processes, chosen).filter(\.1).map(\.0.name.pid))
    }

    @Test("Half of the places are for CPU time and the others for memory, and no place stays empty")
    func halves() {
        var top = ProcessTop(places: 4)
        let processes = [
            Self.use(1, cpu: 90), Self.use(2, cpu: 50, memory: 1), Self.use(3, cpu: 10), Self.use(4, cpu: 0, memory: 900),
            Self.use(5, cpu: 1, memory: 800), Self.use(6, cpu: 0, memory: 700),
        ]
        #expect(Self.pids(&top, processes) == [1, 2, 4, 5])
        var idle = ProcessTop(places: 4)
        #expect(
            Self.pids(&idle, [Self.use(1, cpu: 0, memory: 5), Self.use(2, cpu: 0, memory: 6), Self.use(3, cpu: 0, memory: 7)]) == [1, 2, 3])
        var busy = ProcessTop(places: 4)
        #expect(Self.pids(&busy, (1...5).map { Self.use($0, cpu: Double($0)) }) == [2, 3, 4, 5])
        #expect(Self.pids(&busy, []) == [])
    }

    @Test("Two that use about the same don't take turns, and one that uses clearly more gets the place")
    func steady() {
        var top = ProcessTop(places: 1)
        #expect(Self.pids(&top, [Self.use(1, cpu: 50), Self.use(2, cpu: 49)]) == [1])
        for tick in 0..<50 {
            let swing: Double = tick.isMultiple(of: 2) ? 6 : -6
            #expect(Self.pids(&top, [Self.use(1, cpu: 50 - swing), Self.use(2, cpu: 50 + swing)]) == [1])
        }
        let later = (0..<50).map { _ in Self.pids(&top, [Self.use(1, cpu: 5), Self.use(2, cpu: 100)]) }
        #expect(later.last == [2])
        #expect(zip(later, later.dropFirst()).count { $0 != $1 } == 1)
    }

    @Test("Rows of those that aren't chosen go, and the others stay as they are")
    func rows() {
        var rows = TickRows()
        for pid: UInt64 in 1...4 {
            var reading = ProcessReading()
            reading.stat.pid = pid
            rows.append(reading)
        }
        var both = TickRows()
        both.append(rows)
        both.append(rows)
        both.keepProcesses { $0 == 1 || $0 == 7 }
        func text(_ rows: borrowing TickRows) -> String {
            rows.withRows(.process) { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
        }
        #expect(both.processes.map(\.name.pid) == [2, 4])
        #expect(
            text(both).split(separator: "],").count == 2 && text(both).hasPrefix("[null,null,2,") && text(both).contains("],[null,null,4,"))
        both.keepProcesses { _ in false }
        #expect(text(both).isEmpty && both.processes.isEmpty)
    }
}
