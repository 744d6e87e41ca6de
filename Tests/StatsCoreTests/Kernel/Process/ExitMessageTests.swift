import Foundation
import TestSupport
import Testing

@testable import StatsCore

@Suite("The kernel's message of a thread that ends") struct ExitMessageTests {
    private static let family: UInt16 = 31

    /// What Linux 6.18 sent for `sh -c 'exit 7'`, and for a program of three threads that gave its exit code 3.
    static func bytes(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(fileURLWithPath: "\(Checkout.fixtures(of: "StatsCoreTests"))/taskstats-16/\(name)")))
    }

    private static func message(_ bytes: [UInt8]) -> ExitMessage? { ExitMessage(parsing: bytes.span.bytes, family: family) }

    /// Where `struct taskstats` begins.
    private static let stats = 36

    @Test("Of a process of one thread it tells all that it used, whose it was and how it ended")
    func one() throws {
        let message = try #require(try Self.message(Self.bytes("one-thread")))
        let thread = message.thread
        #expect(message.group == nil && thread.isLast && thread.isFirstThread && !thread.isForked)
        #expect(thread.name.text == "sh" && thread.uid == 0 && thread.pid == thread.tgid && thread.ppid > 0)
        #expect(ExitStatus(waitStatus: thread.waitStatus).code == 7 && ExitStatus(waitStatus: thread.waitStatus).signal == nil)
        #expect(thread.minorFaults > 50 && thread.readChars == 3072 && (1 << 20..<2 << 20).contains(thread.peakResident))
        #expect(thread.onCore > 0 && thread.age * 1000 > thread.onCore)
    }

    @Test("Of a process of several threads each is told, and with the last one the CPU time of all")
    func several() throws {
        let messages = try ["second-thread", "first-thread", "last-thread"].map { try #require(try Self.message(Self.bytes($0))) }
        #expect(messages.map(\.thread.isLast) == [false, false, true] && messages.map(\.thread.isFirstThread) == [false, true, false])
        #expect(Set(messages.map(\.thread.tgid)).count == 1 && messages.map { $0.group == nil } == [true, true, false])
        #expect(messages[2].group?.onCore == messages.map(\.thread.onCore).reduce(0, +))
        #expect(ExitStatus(waitStatus: messages[1].thread.waitStatus).code == 3)
    }

    @Test("A signal that ended a process is told in place of an exit code, with a core or without")
    func signals() {
        for status: UInt32 in [9, 0x89] {
            #expect(ExitStatus(waitStatus: status).signal == 9 && ExitStatus(waitStatus: status).code == nil)
        }
        #expect(ExitStatus(waitStatus: 0).code == 0 && ExitStatus(waitStatus: 0xff00).code == 255)
    }

    @Test("A version before 12 tells too little, and the one of Linux 6.14 has its fields elsewhere")
    func versions() throws {
        var bytes = try Self.bytes("one-thread")
        for version in UInt8(0)...20 {
            bytes[Self.stats] = version
            #expect((Self.message(bytes) != nil) == (version >= 12 && version != 15), "version \(version)")
        }
    }

    @Test("What is cut short anywhere, another family's or another command's is no message")
    func damaged() throws {
        let bytes = try Self.bytes("one-thread")
        for count in bytes.indices { #expect(Self.message(Array(bytes[..<count])) == nil) }
        #expect(ExitMessage(parsing: bytes.span.bytes, family: 30) == nil)
        var other = bytes
        other[16] = 1
        #expect(Self.message(other) == nil)
        // A record that ends within version 12.
        other = bytes
        other.replaceSubrange(32..<34, with: [UInt8(4 + 380 & 0xff), UInt8((4 + 380) >> 8)])
        #expect(Self.message(other) == nil)
    }

    @Test("The kernel's answer names the family's number, and an acknowledgement its error")
    func answers() throws {
        let answer = try Self.bytes("family")
        #expect(GenericNetlink.family(parsing: answer.span.bytes) == Self.family)
        let request = GenericNetlink.request(family: "TASKSTATS")
        #expect(
            request.count == 36 && GenericNetlink.type(of: request.span.bytes) == 16 && GenericNetlink.command(of: request.span.bytes) == 3)
        let refused: [UInt8] = [20, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]
        #expect(GenericNetlink.error(parsing: refused.span.bytes) == 1)
        #expect(GenericNetlink.error(parsing: answer.span.bytes) == nil)
    }
}

@Suite("Fuzz: messages of threads that end") struct ExitMessageFuzzTests {
    @Test("Whatever comes from the kernel's socket is a message, or none")
    func messages() async throws {
        let inputs = try ["one-thread", "last-thread", "family"].map(ExitMessageTests.bytes)
        await Fuzz.run("exit messages", inputs, count: 1500) { one in
            let bytes = one.input.span.bytes
            let message = ExitMessage(parsing: bytes, family: GenericNetlink.type(of: bytes) ?? 0)
            _ = (message?.thread.name.text, message.map { ExitStatus(waitStatus: $0.thread.waitStatus) })
            _ = (GenericNetlink.family(parsing: bytes), GenericNetlink.error(parsing: bytes))
        }
    }
}
