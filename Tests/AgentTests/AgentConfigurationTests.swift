import ArgumentParser
import FoundationEssentials
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("The agent's options") struct AgentConfigurationTests {
    private func configuration(_ arguments: [String], environment: [String: String] = [:]) throws -> AgentConfiguration {
        try AgentConfiguration(AgentOptions.parse(arguments), environment: environment, isRoot: true)
    }

    @Test("A flag beats its variable, that beats the file, that beats the default")
    func precedence() throws {
        let scratch = try ScratchDirectory()
        try scratch.write(#"{"node": "file", "interval": "2s", "collector": "file:1", "all-devices": true}"#, to: "agent.json")
        let path = scratch.path("agent.json")
        let read = try configuration(
            ["--config", path, "--node", "flag"],
            environment: ["SONDE_NODE": "variable", "SONDE_INTERVAL": "3s", "SONDE_DOCKER_SOCKET": "/s"])
        #expect(read.node == "flag")
        #expect(read.interval == .seconds(3))
        #expect(read.collector == .init(host: "file", port: 1))
        #expect(read.dockerSocket == "/s")
        #expect(read.hostOptions.allDevices)
        #expect(read.roots == KernelRoots(proc: "/proc", sys: "/sys"))
    }

    @Test("A switch in a variable is true, false, 1 or 0, and nothing else")
    func switches() throws {
        #expect(try configuration([], environment: ["SONDE_ALL_DEVICES": "1"]).hostOptions.allDevices)
        #expect(try !configuration([], environment: ["SONDE_ALL_DEVICES": "false"]).hostOptions.allDevices)
        #expect(throws: ValidationError.self) { try configuration([], environment: ["SONDE_ALL_INTERFACES": "maybe"]) }
    }

    @Test("Containers are chosen by repeated flags, or by a variable with commas, and flags take its place")
    func filters() throws {
        func names(_ arguments: [String], _ listed: String) throws -> [String] {
            let filter = try configuration(arguments, environment: ["SONDE_EXCLUDE": listed]).containerFilter
            return ["a", "b", "c"].filter { filter.records(ContainerTree.info($0, name: $0, pid: 1)) }
        }
        #expect(try names([], "") == ["a", "b", "c"])
        #expect(try names([], "a, name=b") == ["c"])
        #expect(try names(["--exclude", "c"], "a,b") == ["a", "b"])
        #expect(try names(["--include", "a", "--include", "b", "--exclude", "b"], "") == ["a"])
        #expect(throws: ValidationError.self) { try configuration([], environment: ["SONDE_INCLUDE": "a,tier=db"]) }
    }

    @Test("An agent that is scraped needs no collector, and one that isn't looks for it on this machine")
    func scraped() throws {
        #expect(try configuration([]).collector == .init(host: "127.0.0.1", port: 9822))
        let alone = try configuration(["--metrics", "127.0.0.1:0"])
        #expect(alone.collector == nil && alone.metrics == ListenAddress("127.0.0.1:0") && !alone.showsProcesses)
        let both = try configuration(["--collector", "a:1"], environment: ["SONDE_METRICS": "[::1]:2", "SONDE_METRICS_PROCESSES": "true"])
        #expect(both.collector == .init(host: "a", port: 1) && both.metrics == ListenAddress("[::1]:2") && both.showsProcesses)
        #expect(try configuration(["--metrics", "0.0.0.0:9823", "--insecure"]).metrics != nil)
    }

    @Test("An IPv6 address is written in brackets")
    func addresses() throws {
        let read = try configuration(["--collector", "[::1]:9822"])
        #expect(read.collector == .init(host: "::1", port: 9822))
    }

    @Test(
        "A bad value names its option",
        arguments: [
            (["--collector", "host"], "--collector"), (["--collector", "host:0"], "--collector"), (["--collector", ":1"], "--collector"),
            (["--interval", "5ms"], "--interval"), (["--interval", "fast"], "--interval"), (["--containers", "podman"], "--containers"),
            (["--include", "tier=db"], "--include"), (["--exclude", ""], "--exclude"), (["--node", ""], "--node"),
            (["--metrics", "9823"], "--metrics"), (["--metrics", "0.0.0.0:9823"], "--token-file"),
            (["--log-level", "loud"], "--log-level"), (["--config", "/nonexistent.json"], "/nonexistent.json"),
        ])
    func refused(arguments: [String], name: String) {
        #expect {
            try configuration(arguments)
        } throws: { error in
            "\(error)".contains(name)
        }
    }
}
