import StatsCore
import Testing

@testable import Agent

@Suite("The patterns of --units") struct UnitPatternTests {
    @Test(
        "A pattern is for a name with or without its suffix, for a kind, or for a path",
        arguments: [
            ("nginx", "/system.slice/nginx.service", true), ("nginx.service", "/system.slice/nginx.service", true),
            ("*.service", "/system.slice/nginx.service", true), ("ngin?", "/system.slice/nginx.service", true),
            ("name=nginx", "/system.slice/nginx.service", true), ("nginx", "/system.slice/nginx2.service", false),
            ("kind=service", "/system.slice/nginx.service", true), ("kind=scope", "/system.slice/nginx.service", false),
            ("kind=vm", "/qemu.slice/100.scope", true), ("kind=scope", "/qemu.slice/100.scope", false),
            ("/system.slice/*", "/system.slice/nginx.service", true), ("cgroup=/system.slice/*", "/system.slice/nginx.service", true),
            ("/system.slice", "/system.slice/nginx.service", false), ("command", "/sonde-command-7", true),
            ("a=b", "/system.slice/a=b.service", true), ("*", "/anything/at all", true),
        ])
    func matching(pattern: String, path: String, matches: Bool) throws {
        #expect(try #require(UnitPattern(pattern)).matches(UnitPath(path)) == matches)
    }

    @Test("What is no pattern is refused", arguments: ["", "kind=", "kind=services", "cgroup=", "name="])
    func refused(pattern: String) { #expect(UnitPattern(pattern) == nil) }

    @Test("A process is of a unit if its cgroup, or one around it, matches")
    func processes() throws {
        func covers(_ pattern: String, _ cgroup: String) throws -> Bool {
            let choice = UnitChoice(patterns: [try #require(UnitPattern(pattern))])
            return choice.covers(PidCgroup(parsing: Array(cgroup.utf8).span.bytes))
        }
        #expect(try covers("docker", "0::/system.slice/docker.service/worker\n"))
        #expect(try covers("/sonde-command-7", "4:memory:/sonde-command-7/a/b\n0::/\n"))
        #expect(try !covers("docker", "0::/system.slice/containerd.service\n"))
        #expect(try !covers("*", "0::/\n"), "the root is the host, and no unit")
    }
}
