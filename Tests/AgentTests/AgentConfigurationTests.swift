import ArgumentParser
import FoundationEssentials
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("The agent's options") struct AgentConfigurationTests {
    private func configuration(_ arguments: [String], environment: [String: String] = [:]) throws -> AgentConfiguration {
        try AgentConfiguration(AgentOptions.layered(arguments, environment: environment), environment: environment, isRoot: true)
    }

    private static let declared = DeclaredOption.all(of: AgentOptions.self)

    /// For each option three values that differ from each other and from the default.
    private static let samples: [String: [String]] = [
        "remote-write": ["http://a/w", "http://b/w", "https://c/w"], "remote-write-token-file": ["/a", "/b", "/c"],
        "remote-write-user": ["a", "b", "c"], "remote-write-password-file": ["/a", "/b", "/c"], "remote-write-ca": ["/a", "/b", "/c"],
        "remote-write-certificate": ["/a", "/b", "/c"], "remote-write-key": ["/a", "/b", "/c"],
        "remote-write-header": ["A: b", "A: c", "B: c"], "remote-write-label": ["a=b", "a=c", "b=c"],
        "remote-write-interval": ["10s", "20s", "1h"], "remote-write-protocol": ["2.0", "1.0", "otlp"],
        "remote-write-queue": ["1MiB", "2MiB", "2GiB"], "remote-write-connections": ["1", "2", "3"],
        "collector": ["a:1", "b:2", "[::1]:3,c:4"], "failover-after": ["2s", "3s", "1m"], "node": ["a", "b", "c"],
        "interval": ["2s", "3s", "10ms"],
        "containers": ["docker", "cgroup", "off"], "include": ["a", "image=b", "label=c=d"], "exclude": ["a", "namespace=b", "pod=c"],
        "units": ["nginx", "kind=scope", "/a/*"], "command-of": ["1", "2", "3"], "lifeline": ["/a", "/b", "/c"],
        "processes": ["all", "units", "none"],
        "match": ["a", "b*", "c"], "top": ["1", "2", "3"],
        "scrape": ["a=http://b", "a=http://c", "b=https://c"], "scrape-series": ["1", "2", "3"],
        "docker-socket": ["/a", "/b", "/c"], "proc": ["/a", "/b", "/c"], "sys": ["/a", "/b", "/c"],
        "run": ["/a", "/b", "/c"], "lib": ["/a", "/b", "/c"], "log": ["/a", "/b", "/c"], "state": ["/a", "/b", "/c"],
        "spool-limit": ["64KiB", "1MiB", "2GiB"], "token-file": ["/a", "/b", "/c"], "tls-ca": ["/a", "/b", "/c"],
        "tls-certificate": ["/a", "/b", "/c"], "tls-key": ["/a", "/b", "/c"], "metrics": ["127.0.0.1:1", "[::1]:2", "localhost:0"],
        "governor": ["/a", "/b", "/c"], "log-level": ["trace", "debug", "critical"],
    ]

    @Test(
        "Each option is taken from the file, from its variable before that, and from its flag before both",
        arguments: declared.filter { $0.name != "config" })
    func layers(option: DeclaredOption) throws {
        let samples = try option.kind == .flag ? [] : #require(Self.samples[option.name], "an option without samples here")
        #expect(try OptionSources(option, of: Self.declared).faults(samples) { try "\(AgentOptions.parse($0))" } == [])
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
        #expect(read.options.interval == .seconds(3))
        #expect(read.collectors == [.init(host: "file", port: 1)])
        #expect(read.options.dockerSocket == "/s")
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
        #expect(try configuration([]).collectors == [.init(host: "127.0.0.1", port: 9822)])
        let alone = try configuration(["--metrics", "127.0.0.1:0"])
        #expect(alone.collectors == [] && alone.options.metrics == ListenAddress("127.0.0.1:0") && !alone.options.metricsProcesses)
        let both = try configuration(["--collector", "a:1"], environment: ["SONDE_METRICS": "[::1]:2", "SONDE_METRICS_PROCESSES": "true"])
        #expect(both.collectors == [.init(host: "a", port: 1)])
        #expect(both.options.metrics == ListenAddress("[::1]:2") && both.options.metricsProcesses)
        #expect(try configuration(["--metrics", "0.0.0.0:9823", "--insecure"]).options.metrics != nil)
    }

    @Test("An IPv6 address is written in brackets")
    func addresses() throws {
        let read = try configuration(["--collector", "[::1]:9822"])
        #expect(read.collectors == [.init(host: "::1", port: 9822)])
    }

    @Test(
        "A bad value names its option",
        arguments: [
            (["--collector", "host"], "--collector"), (["--collector", "host:0"], "--collector"), (["--collector", ":1"], "--collector"),
            (["--collector", "a:1,"], "--collector"),
            (["--collector", "a:1,b:2,a:1"], "--collector"), (["--failover-after", "900ms"], "--failover-after"),
            (["--interval", "5ms"], "--interval"), (["--interval", "fast"], "--interval"), (["--containers", "podman"], "--containers"),
            (["--include", "tier=db"], "--include"), (["--exclude", ""], "--exclude"), (["--node", ""], "--node"),
            (["--spool-limit", "1"], "--spool-limit"),
            (["--metrics", "9823"], "--metrics"), (["--metrics", "0.0.0.0:9823"], "--token-file"),
            (["--log-level", "loud"], "--log-level"), (["--config", "/nonexistent.json"], "/nonexistent.json"),
        ])
    func refused(arguments: [String], name: String) {
        #expect {
            try configuration(arguments)
        } throws: { error in
            AgentOptions.fullMessage(for: error).contains(name)
        }
    }
}
