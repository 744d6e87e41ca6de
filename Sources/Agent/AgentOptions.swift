import ArgumentParser
import Configuration
import Logging
import StatsCore

/// The flags of `sonde-agent`. A flag beats its `SONDE_…` variable, that beats the configuration file, that beats the default.
struct AgentOptions: ParsableArguments {
    @Option(help: "Where the collector listens for agents (default: 127.0.0.1:9822).")
    var collector: String?

    @Option(help: "This node's name in every row (default: the hostname).")
    var node: String?

    @Option(help: "How often to read while no run is active, for the live view (default: 1s). A run brings its own interval.")
    var interval: String?

    @Option(help: "Which reader fills the container table: auto, docker, cgroup or off (default: auto).")
    var containers: String?

    @Option(
        help: ArgumentHelp(
            "Record only containers that match: a name, image=PATTERN, label=KEY or label=KEY=PATTERN, with * and ?. May be repeated.",
            valueName: "pattern"))
    var include: [String] = []

    @Option(help: ArgumentHelp("Leave out containers that match, whatever --include says. May be repeated.", valueName: "pattern"))
    var exclude: [String] = []

    @Option(help: "The Docker engine's socket (default: /var/run/docker.sock).")
    var dockerSocket: String?

    @Option(help: "The host's /proc (default: /proc).")
    var proc: String?

    @Option(help: "The host's /sys (default: /sys).")
    var sys: String?

    @Option(help: "The directory for this agent's id and spool (default: /var/lib/sonde-agent as root, else ~/.local/state/sonde-agent).")
    var state: String?

    @Option(help: "How much of its disk the spool may take while the collector is away: 64KiB or more (default: 256MiB).")
    var spoolLimit: String?

    @Option(help: "The file of the token that the collector asks for, and has to prove too.")
    var tokenFile: String?

    @Option(help: "The CA that the collector's certificate has to come from: the connection is TLS then.")
    var tlsCa: String?

    @Option(help: "This agent's certificate, made for its node; read again when it changes.")
    var tlsCertificate: String?

    @Option(help: "The private key of this certificate.")
    var tlsKey: String?

    @Flag(help: "Also record partitions, loop and ram devices.")
    var allDevices = false

    @Flag(help: "Also record the containers' veth interfaces.")
    var allInterfaces = false

    @Option(help: "Where Prometheus may scrape this host at /metrics, such as 127.0.0.1:9823; without --collector nothing else is done.")
    var metrics: String?

    @Flag(help: "Also show processes at /metrics: the 100 that use the most CPU time.")
    var metricsProcesses = false

    @Flag(help: "Have --metrics listen beyond this machine without a token.")
    var insecure = false

    @Option(help: "A policy that the governor of containers follows (docs/GOVERNOR.md).")
    var governor: String?

    @Option(help: "How much to log: trace, debug, info, notice, warning or error (default: info).")
    var logLevel: String?

    @Option(help: "A configuration file: a JSON object whose keys are these options without dashes in front.")
    var config: String?
}
