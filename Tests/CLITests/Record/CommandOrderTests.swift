import Testing

@testable import CLI

@Suite("What the keeper of a command is told") struct CommandOrderTests {
    @Test("Its arguments say it again, with whatever words the command has, and no others are taken for that")
    func arguments() throws {
        let order = CommandOrder(
            lifeline: "/tmp/a \"b\"/command", report: "/tmp/ü",
            cgroup: CgroupTraces(directories: ["/c"], madeAbove: ["/d"], enabledIn: "/e", enabled: ["io"]), leavesRunning: true,
            executable: "/bin/sh", words: ["sh", "", "--", "--keep-command", "a\nb"])
        #expect(try CommandOrder(["sonde"] + order.arguments()) == order)
        #expect(CommandOrder(["sonde"]) == nil && CommandOrder(["sonde", "record", "--", "--keep-command"]) == nil)
        #expect(try CommandOrder(["sonde"] + order.arguments().prefix(2)) == nil, "no command")
        #expect(CommandOrder(["sonde", "--keep-command", "{", "sh"]) == nil)
    }
}
