import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("What a process used in all, of its threads' messages") struct ExitSumsTests {
    private static func thread(_ pid: UInt32, of tgid: UInt32, isLast: Bool = false, _ change: (inout TaskStats) -> Void = { _ in })
        -> TaskStats
    {
        var thread = TaskStats()
        (thread.pid, thread.tgid, thread.flags) = (pid, tgid, isLast ? 0x20 : 0)
        change(&thread)
        return thread
    }

    /// What Linux 6.18 sent for a program of three threads.
    private static func recorded(_ name: String) throws -> ExitMessage {
        let path = "\(Checkout.fixtures(of: "StatsCoreTests"))/taskstats-16/\(name)"
        let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
        let message = ExitMessage(parsing: bytes.span.bytes, family: 31)
        return try #require(message)
    }

    @Test(
        "All of a process's threads count, in whatever order their messages come",
        arguments: [["second", "first", "last"], ["last", "second", "first"], ["first", "last", "second"]])
    func threads(order: [String]) throws {
        var sums = ExitSums()
        for name in order {
            let told = try sums.take(Self.recorded("\(name)-thread"), at: 5_000_000_000, awake: 3_000_000_000)
            #expect(told == nil)
        }
        let early = sums.settled(at: 5_000_000_000)
        #expect(early.isEmpty && sums.isSettling)
        let exits = sums.settled(at: 5_000_000_000 + ExitSums.settlingTime)
        #expect(exits.count == 1 && !sums.isSettling)
        let exit = try #require(exits.first)
        #expect(exit.pid == 25003 && exit.ppid == 24956 && exit.thread.name.text == "python" && exit.status?.code == 3)
        #expect(exit.cpu == 65_045 && exit.cpuSystem == 0 && exit.minorFaults == 1022 && exit.io.readChars == 293_888)
        #expect(exit.peakResident == 9424 << 10 && exit.thread.voluntarySwitches == 15)
        // It lived for 210,652 µs.
        #expect(exit.began == 3_000_000_000 - 210_652_000 && exit.start == 4_780_000)
    }

    @Test("A process of one thread is told at once, its time divided as wait4 divides it")
    func one() throws {
        var sums = ExitSums()
        let thread = Self.thread(7, of: 7, isLast: true) { ($0.user, $0.system, $0.onCore) = (30_000, 10_000, 44_000_999) }
        let told = sums.take(ExitMessage(thread), at: 1, awake: 1)
        let exit = try #require(told)
        #expect(exit.cpuUser == 33_000 && exit.cpuSystem == 11_000)
        var unscheduled = thread
        unscheduled.onCore = 0
        let again = sums.take(ExitMessage(unscheduled), at: 1, awake: 1)
        let other = try #require(again)
        #expect(other.cpuUser == 30_000 && other.cpuSystem == 10_000)
    }

    @Test("How a process ended isn't known when its first thread ended long before the last one")
    func early() throws {
        var sums = ExitSums()
        _ = sums.take(ExitMessage(Self.thread(7, of: 7)), at: 1_000_000_000, awake: 1)
        _ = sums.take(ExitMessage(Self.thread(8, of: 7, isLast: true)), at: 9_000_000_000, awake: 1)
        let told = sums.settled(at: 10_000_000_000).first
        let exit = try #require(told)
        #expect(exit.pid == 7 && exit.status == nil)
    }

    @Test("Behind lost messages nothing is added to a process that may be another by now")
    func lost() {
        var sums = ExitSums()
        _ = sums.take(ExitMessage(Self.thread(8, of: 7) { $0.minorFaults = 5 }), at: 1, awake: 1)
        sums.forget()
        _ = sums.take(ExitMessage(Self.thread(7, of: 7, isLast: true) { $0.minorFaults = 1 }, group: TaskStats()), at: 1, awake: 1)
        let told = sums.settled(at: .max)
        #expect(told.first?.minorFaults == 1)
    }
}
