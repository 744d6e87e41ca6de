import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Processes that rest", .timeLimit(.minutes(10))) struct ProcessActivityTests {
    /// A shell that runs one line after the other, and rests in between.
    private final class Shell {
        private let process: ChildProcess

        init() throws { process = try ChildProcess("/bin/sh") }

        var pid: Int32 { process.pid }

        /// Returns when the line has been run and the shell rests again: when it has not run between two looks, and waits for its input.
        func run(_ line: String) async throws {
            try process.write("\(line)\necho done\n")
            var answer = ""
            while !answer.contains("done") {
                let more = process.read()
                try #require(!more.isEmpty, "the shell has ended")
                answer += more
            }
            try await rests()
        }

        func rests() async throws {
            var last = ""
            try await eventually("the shell rests") {
                let now = try String(contentsOfFile: "/proc/\(pid)/schedstat", encoding: .utf8)
                let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
                defer { last = now }
                return now == last && stat.contains(") S ")
            }
        }
    }

    @Test(
        "The row of a process that was passed over while it rested is that of a reader who reads everything, whatever the process did before"
    )
    func equal() async throws {
        let roots = KernelRoots()
        let (files, users) = (BlockingFiles(), UserNames(roots: roots))
        let shell = try Shell()
        var tally = ReadTally()
        var buffer = ReadBuffer()
        let reader = ProcessReader("/proc/\(shell.pid)", files, users, &tally)
        for line in [
            ":", nil, nil, "x=$(head -c 300000 /dev/zero | tr '\\0' a)", nil, "cat /etc/passwd >/dev/null", "read y </etc/passwd", nil, nil,
            "cd /",
            "for i in 1 2 3; do /bin/true; done", nil, "ulimit -n 50",
        ] {
            if let line { try await shell.run(line) } else { try await shell.rests() }
            let other = ProcessReader("/proc/\(shell.pid)", files, users, &tally)
            for doubt: ProcessReader.Doubt in [[], .memory, .state, .all] {
                let outcome = reader.read(hostMemory: 1 << 30, doubting: doubt, &buffer, &tally)
                guard case .read = outcome, case .read = other.read(hostMemory: 1 << 30, &buffer, &tally) else {
                    Issue.record("it can't be read")
                    return
                }
                var (one, all) = (reader.reading, other.reading)
                (one.cpuPercent, all.cpuPercent) = (nil, nil)
                // The kernel may take back memory just now.
                if !doubt.contains(.memory) {
                    (all.statm, all.memoryPercent, all.status.swap) = (one.statm, one.memoryPercent, one.status.swap)
                }
                // Where the name stands in a file that only the other one has read.
                (one.stat.comm, all.stat.comm) = (0..<0, 0..<0)
                #expect(one == all, "after \(line ?? "a rest")")
                var rows = TickRows()
                var full = TickRows()
                reader.writeRow(to: &rows)
                full.append(reader.reading)
                #expect(Self.text(rows) == Self.text(full))
            }
        }
        #expect(tally.errors == 0)
    }

    @Test("With --smaps a process has the private memory that its file tells, and a row of it while it rests; without, it has none")
    func smaps() async throws {
        let shell = try Shell()
        let users = UserNames(roots: KernelRoots())
        var tally = ReadTally()
        var buffer = ReadBuffer()
        try await shell.run("x=$(head -c 300000 /dev/zero | tr '\\0' a)")
        let plain = ProcessReader("/proc/\(shell.pid)", BlockingFiles(), users, &tally)
        let reader = ProcessReader("/proc/\(shell.pid)", .ofProcesses(smaps: true), users, &tally)
        func told() throws -> UInt64 {
            let lines = try String(contentsOfFile: "/proc/\(shell.pid)/smaps_rollup", encoding: .utf8).split(separator: "\n")
            let kilobytes = lines.filter { $0.hasPrefix("Private_Clean:") || $0.hasPrefix("Private_Dirty:") }.compactMap {
                UInt64($0.split(separator: " ")[1])
            }
            return kilobytes.reduce(0, +) << 10
        }
        var looks = 0
        try await eventually("what the file tells") {
            // While it rests the kernel may take back memory, or other processes begin to share it: then it is asked anew, as it would be when it has run.
            if looks.isMultiple(of: 100) { try await shell.run(":") }
            looks += 1
            // The answer is that to the reading before, and takes a moment.
            _ = reader.read(hostMemory: 1 << 30, doubting: [], &buffer, &tally)
            return try reader.reading.smaps.uss == told()
        }
        #expect((reader.reading.smaps.uss ?? 0) > 300_000 && (reader.reading.smaps.pss ?? 0) >= reader.reading.smaps.uss ?? .max)
        var rows = TickRows()
        var full = TickRows()
        reader.writeRow(to: &rows)
        full.append(reader.reading)
        #expect(Self.text(rows) == Self.text(full))
        _ = plain.read(hostMemory: 1 << 30, &buffer, &tally)
        _ = plain.read(hostMemory: 1 << 30, &buffer, &tally)
        #expect(plain.reading.smaps == PidSmapsRollup() && plain.reading.openFiles ?? 0 >= 3 && tally.errors == 0)
    }

    private static func text(_ rows: borrowing TickRows) -> String {
        rows.withRows(.process) { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
    }

    @Test("Who rests hasn't run, who did something has, and who has ended has too")
    func activity() async throws {
        let shell = try Shell()
        var buffer = ReadBuffer()
        try await shell.run(":")
        var activity = ProcessActivity("/proc/\(shell.pid)")
        let first = activity.hasRun(threads: 1, &buffer)
        let second = activity.hasRun(threads: 1, &buffer)
        try #require(first && !second, "this kernel doesn't say who has run")
        #expect(!activity.hasRun(threads: 1, &buffer))
        try await shell.run("x=1")
        #expect(activity.hasRun(threads: 1, &buffer))
        #expect(!activity.hasRun(threads: 1, &buffer))
        // Its number of threads isn't what it was: they have to be found anew.
        #expect(activity.hasRun(threads: 2, &buffer) && !activity.hasRun(threads: 2, &buffer))
        #expect(activity.hasRun(threads: 900, &buffer) && activity.hasRun(threads: 900, &buffer))
        var gone = ProcessActivity("/proc/2147483647")
        #expect(gone.hasRun(threads: 1, &buffer) && gone.hasRun(threads: 1, &buffer))
    }
}
