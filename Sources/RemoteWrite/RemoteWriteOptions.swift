import ArgumentParser
import StatsCore

/// The options of remote write, which agent and collector have alike.
package struct RemoteWriteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Send all live values to this Prometheus remote-write receiver, such as http://127.0.0.1:8428/api/v1/write (docs/REMOTE_WRITE.md). May be repeated. (default: none)",
            valueName: "url"))
    package var remoteWrite: [String] = []

    @Option(help: ArgumentHelp("The file of the bearer token that the receivers ask for.", valueName: "file"))
    package var remoteWriteTokenFile: String?

    @Option(help: ArgumentHelp("The user name that the receivers ask for (HTTP basic authentication).", valueName: "name"))
    package var remoteWriteUser: String?

    @Option(help: ArgumentHelp("The file of this user's password.", valueName: "file"))
    package var remoteWritePasswordFile: String?

    @Option(
        help: ArgumentHelp(
            "The CA that the receivers' certificates have to come from. (default: those that this system trusts)", valueName: "file"))
    package var remoteWriteCa: String?

    @Option(help: ArgumentHelp("The certificate that is shown to the receivers.", valueName: "file"))
    package var remoteWriteCertificate: String?

    @Option(help: ArgumentHelp("The private key of this certificate.", valueName: "file"))
    package var remoteWriteKey: String?

    @Option(
        help: ArgumentHelp(
            "A header of every request, such as \"X-Scope-OrgID: team\". May be repeated. (default: none)", valueName: "header"))
    package var remoteWriteHeader: [String] = []

    @Option(
        help: ArgumentHelp(
            "A label of every series that hasn't one of that name, such as cluster=berlin. May be repeated. (default: none)",
            valueName: "name=value"))
    package var remoteWriteLabel: [String] = []

    @Option(
        help: ArgumentHelp("Send of each node no more than one tick in such a time, up to 1h. (default: every tick)", valueName: "time"))
    package var remoteWriteInterval: Interval?

    @Option(
        help: ArgumentHelp(
            "The protocol: remote write 1.0 or 2.0 (a receiver that doesn't know it gets 1.0), or otlp for OpenTelemetry's over HTTP.",
            valueName: "protocol"))
    package var remoteWriteProtocol = RemoteWriteProtocol.one

    @Option(
        help: ArgumentHelp(
            "How much of the disk the ticks may take that wait for each receiver: 1MiB or more, such as 512MiB or 2GiB; beyond that the oldest are dropped.",
            valueName: "size"))
    package var remoteWriteQueue = DiskSize.gibibytes(1)

    @Option(help: ArgumentHelp("How many connections each receiver gets: 1 to 64.", valueName: "number"))
    package var remoteWriteConnections = 4

    package init() {}
}

extension RemoteWriteProtocol: ExpressibleByArgument {}
