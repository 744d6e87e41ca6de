import ArgumentParser
import Logging
import RemoteWrite
import StatsCore

/// The options of `sonde-collector`, each with its type, its default and what it is for. Its variable and its key in the configuration file follow from
/// its name (`OptionLayers`); docs/OPTIONS.md is made of these lines.
struct CollectorOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where agents connect, such as 127.0.0.1:9822 or 0.0.0.0:9822; port 0 means any free port.", valueName: "host:port"))
    var listen = ListenAddress(host: "127.0.0.1", port: DefaultPort.agents)

    @Option(
        help: ArgumentHelp(
            "Where the control port is, for the CLI and for browsers, such as 127.0.0.1:9880; port 0 means any free port.",
            valueName: "host:port"))
    var control = ListenAddress(host: "127.0.0.1", port: DefaultPort.control)

    @Option(
        help: ArgumentHelp(
            "More names by which the control port is asked for, with commas in between; this host's are known. (default: none)",
            valueName: "name"))
    var controlName: String?

    @Option(help: ArgumentHelp("The directory for the runs, made when it is absent.", valueName: "dir"))
    var data = "./data"

    @Option(
        help: ArgumentHelp(
            "Where the collector notes which run is in progress, and its lock. (default: the data directory)", valueName: "dir"))
    var state: String?

    @Option(
        help: ArgumentHelp(
            "The token that agents and operators have to have; `sonde token FILE` makes one. Without, only this user and root do more than look.",
            valueName: "file"))
    var tokenFile: String?

    @Option(help: ArgumentHelp("The CA whose certificates are let in: both ports speak TLS then; `sonde ca` makes one.", valueName: "file"))
    var tlsCa: String?

    @Option(help: ArgumentHelp("This collector's certificate, read again when it changes.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The private key of this certificate.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Also keep live ticks, those that belong to no run, as CSV files in this directory; the oldest go (docs/LIVE.md).",
            valueName: "dir"))
    var logLive: String?

    @Option(help: ArgumentHelp("How much of them is kept: 64KiB or more, such as 256MiB or 2GiB.", valueName: "size"))
    var logLiveSize = DiskSize.gibibytes(1)

    @Option(help: ArgumentHelp("How long they are kept: 8s or more, such as 90m or 24h.", valueName: "time"))
    var logLiveAge = Interval.seconds(24 * 3600)

    @Option(
        help: ArgumentHelp(
            "How much is kept of runs that are over: a time since their end, a size on the disk of all runs, or both, each with its unit: 30d, 20GiB or 30d,20GiB. The oldest go; pinned and incomplete ones stay. (default: all)",
            valueName: "limit"))
    var keep: [KeepLimit] = []

    @Flag(help: "Let --keep remove incomplete runs, too.")
    var removeIncomplete = false

    @Flag(
        help: "Without a token or TLS let everybody in: all users of this machine, and whoever reaches it if it listens beyond loopback.")
    var insecure = false

    @Flag(help: "Also show processes at /metrics: of each node the 100 that use the most CPU time.")
    var metricsProcesses = false

    @OptionGroup
    var remote: RemoteWriteOptions

    // For `sonde record`.

    @Option(
        help: ArgumentHelp(
            "A FIFO that `sonde record` keeps open: when that has gone, the collector closes the run, ends, and removes its state and the FIFO's directory.",
            valueName: "path", visibility: .hidden))
    var lifeline: String?

    @Option(help: ArgumentHelp("How much to log.", valueName: "level"))
    var logLevel = Logger.Level.info

    @OptionGroup
    var file: FileOption

    /// What one option says by itself; how they go together is checked by `CollectorConfiguration`.
    func validate() throws {
        for (option, directory) in [("--data", data), ("--log-live", logLive)] {
            if let directory, directory.isEmpty || directory.utf8.contains(0) { throw ValidationError("\(option) takes a directory") }
        }
        _ = try KeepLimit.merged(keep)
        guard logLiveAge.microseconds >= 8_000_000 else {
            throw ValidationError("--log-live-age takes a time of 8s or more, such as 90m or 24h, not \"\(logLiveAge)\"")
        }
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
