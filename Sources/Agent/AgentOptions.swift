import ArgumentParser
import Logging
import RemoteWrite
import StatsCore

/// The options of `sonde-agent`, each with its type, its default and what it is for. Its variable and its key in the configuration file follow from
/// its name (`OptionLayers`); docs/OPTIONS.md is made of these lines.
struct AgentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the collector listens for agents, its host and port, such as 192.168.0.2:9822. Of several, a:9822,b:9822, the agent belongs to one, and goes to the next that answers when that is away (docs/SCALING.md). (default: 127.0.0.1:\(DefaultPort.agents); none with --metrics or --remote-write)",
            valueName: "host:port"))
    var collector: CollectorList?

    @Option(
        help: ArgumentHelp("How long the collector may be away before the others of --collector are tried: 1s to 1h.", valueName: "time"))
    var failoverAfter = Interval.seconds(10)

    @Option(help: ArgumentHelp("This node's name in every row: 1 to 255 bytes. (default: the hostname)", valueName: "name"))
    var node: String?

    @Option(
        help: ArgumentHelp(
            "How often to read while no run is active, for the live view: 10ms to 1h. A run brings its own interval.", valueName: "time"))
    var interval = Interval.seconds(1)

    @Option(
        help: ArgumentHelp(
            "Which reader fills the container table; auto is cgroup, and docker for containers whose cgroup can't be read.",
            valueName: "reader"))
    var containers = ContainerMode.auto

    @Option(
        help: ArgumentHelp(
            "Record only containers that match: a name, or image=, label=, namespace=, pod= or container=PATTERN, with * and ?. May be repeated. (default: all)",
            valueName: "pattern"))
    var include: [ContainerPattern] = []

    @Option(
        help: ArgumentHelp(
            "Leave out containers that match, whatever --include says: patterns as there. May be repeated. (default: none)",
            valueName: "pattern"))
    var exclude: [ContainerPattern] = []

    @Flag(help: "Also record the sandboxes of pods (pause), which only hold a pod's network.")
    var sandboxes = false

    @Option(
        help: ArgumentHelp(
            "Record units, which are cgroups that are no container's: by name (nginx, *.service), kind= (service, scope, slice, lxc, vm, command or other) or cgroup path (/system.slice/*). May be repeated. (default: none)",
            valueName: "pattern"))
    var units: [UnitPattern] = []

    // For `sonde record`.

    @Option(
        help: ArgumentHelp(
            "The process of `sonde record` below which its command runs, which is unit command.", valueName: "pid", visibility: .hidden))
    var commandOf: Int?

    @Option(help: ArgumentHelp("The command's cgroup; without one its processes are summed up.", valueName: "path", visibility: .hidden))
    var commandCgroup: String?

    @Flag(help: ArgumentHelp("Record the arguments of the command's processes, too.", visibility: .hidden))
    var commandArguments = false

    @Option(
        help: ArgumentHelp(
            "A FIFO that `sonde record` keeps open: when that has gone, the agent ends and removes its state and the FIFO's directory.",
            valueName: "path", visibility: .hidden))
    var lifeline: String?

    @Option(
        help: ArgumentHelp(
            "Which processes to record: those of containers, those of the units of --units, all of the host, or none. Those of containers that are left out are in none of these.",
            valueName: "which"))
    var processes = ProcessChoice.Scope.containers

    @Option(
        help: ArgumentHelp(
            "Record only processes whose name, program or whole command line matches, with * and ?. May be repeated. (default: all)",
            valueName: "pattern"))
    var match: [ProcessPattern] = []

    @Option(
        help: ArgumentHelp(
            "Record only the so many processes that use most CPU time or memory; how many that leaves out stands in the agent table. (default: all)",
            valueName: "number"))
    var top: Int?

    @Flag(help: "With --processes all: also record the kernel's own threads.")
    var kernelThreads = false

    @Flag(help: "Record no command lines, as they may hold secrets: processes have their names only. --match knows them all the same.")
    var hideArguments = false

    @Flag(
        help:
            "Also read how much memory each process has for itself (uss_bytes, pss_bytes): the kernel walks over all of its pages, some milliseconds for each GiB."
    )
    var smaps = false

    @Option(
        help: ArgumentHelp(
            "Record the metrics that an application tells Prometheus, such as app=http://127.0.0.1:8080/metrics: http or https, without user and password (docs/SCRAPE.md). May be repeated. (default: none)",
            valueName: "name=url"))
    var scrape: [String] = []

    @Option(
        help: ArgumentHelp("How many series of each target of --scrape are recorded, the first ones: 1 to 100000.", valueName: "number"))
    var scrapeSeries = 2000

    @Option(help: ArgumentHelp("The Docker engine's socket.", valueName: "path"))
    var dockerSocket = "/var/run/docker.sock"

    @Option(help: ArgumentHelp("The host's /proc.", valueName: "dir"))
    var proc = "/proc"

    @Option(help: ArgumentHelp("The host's /sys.", valueName: "dir"))
    var sys = "/sys"

    @Option(
        help: ArgumentHelp(
            "The host's /run: without an engine, what containerd and CRI-O have there names the containers.", valueName: "dir"))
    var run = "/run"

    @Option(help: ArgumentHelp("The host's /var/lib: what Podman has there names its containers.", valueName: "dir"))
    var lib = "/var/lib"

    @Option(
        help: ArgumentHelp(
            "The host's /var/log: the names of a kubelet's logs there name containers that have no bundle.", valueName: "dir"))
    var log = "/var/log"

    @Option(
        help: ArgumentHelp(
            "The directory for this agent's id and spool. (default: /var/lib/sonde-agent as root, else ~/.local/state/sonde-agent)",
            valueName: "dir"))
    var state: String?

    @Option(
        help: ArgumentHelp(
            "How much of its disk the spool may take while the collector is away: 64KiB or more, such as 256MiB or 2GiB.",
            valueName: "size"))
    var spoolLimit = DiskSize.mebibytes(256)

    @Option(help: ArgumentHelp("The file of the token that the collector asks for, and has to prove too.", valueName: "file"))
    var tokenFile: String?

    @Option(help: ArgumentHelp("The CA that the collector's certificate has to come from: the connection is TLS then.", valueName: "file"))
    var tlsCa: String?

    @Option(help: ArgumentHelp("This agent's certificate, made for its node; read again when it changes.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The private key of this certificate.", valueName: "file"))
    var tlsKey: String?

    @Flag(help: "Also record partitions, loop and ram devices.")
    var allDevices = false

    @Flag(help: "Also record the containers' veth interfaces.")
    var allInterfaces = false

    @Option(
        help: ArgumentHelp(
            "Where Prometheus may scrape this host at /metrics, such as 127.0.0.1:9823; without --collector nothing else is done. Port 0 means any free port.",
            valueName: "host:port"))
    var metrics: ListenAddress?

    @Flag(help: "Also show processes at /metrics: the 100 that use the most CPU time.")
    var metricsProcesses = false

    @Flag(help: "Have --metrics listen beyond this machine without a token.")
    var insecure = false

    @OptionGroup
    var remote: RemoteWriteOptions

    @Option(help: ArgumentHelp("A policy that the governor of containers follows (docs/GOVERNOR.md).", valueName: "file"))
    var governor: String?

    @Option(help: ArgumentHelp("How much to log.", valueName: "level"))
    var logLevel = Logger.Level.info

    @OptionGroup
    var file: FileOption

    /// What one option says by itself; how they go together is checked by `AgentConfiguration`.
    func validate() throws {
        if let node {
            guard (1...255).contains(node.utf8.count), node.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else {
                throw ValidationError("--node takes 1 to 255 bytes without control characters")
            }
        }
        guard Grid.intervals.contains(interval.microseconds) else {
            throw ValidationError("--interval takes a time from 10ms to 1h, such as 500ms or 1s, not \"\(interval)\"")
        }
        guard (1_000_000...3_600_000_000).contains(failoverAfter.microseconds) else {
            throw ValidationError("--failover-after takes a time from 1s to 1h, such as 10s, not \"\(failoverAfter)\"")
        }
        guard (1...100_000).contains(scrapeSeries) else {
            throw ValidationError("--scrape-series takes a number from 1 to 100000, not \(scrapeSeries)")
        }
        if let top, top < 1 { throw ValidationError("--top takes a number from 1, not \(top)") }
    }
}

extension ContainerMode: ExpressibleByArgument {}
extension ProcessChoice.Scope: ExpressibleByArgument {}
extension ProcessPattern: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}
extension UnitPattern: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}
extension ContainerPattern: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}
extension Logger.Level: @retroactive ExpressibleByArgument {}
