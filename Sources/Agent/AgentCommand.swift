import ArgumentParser
import FoundationEssentials
import Logging
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Samples this host and streams it to a collector.
@main
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sonde-agent",
        abstract: "Samples this host, its containers and their processes, and streams them to a collector.",
        discussion: """
            Every option has a variable (--docker-socket: SONDE_DOCKER_SOCKET) and a key in the file that --config names. A flag wins over a variable, \
            a variable over the file. \
            Run it as root: otherwise the I/O of other users' processes and the Docker socket stay closed to it.
            """,
        version: Version.current, subcommands: [SnapshotCommand.self])

    @OptionGroup var options: AgentOptions

    @Flag(help: "Only say whether the agent that uses the state directory is alive: exit 0 when it is, 1 when not.")
    var healthcheck = false

    static func main() async {
        await main(layering: AgentOptions.self, environment: ProcessInfo.processInfo.environment)
    }

    func run() async throws {
        let configuration = try AgentConfiguration(options, environment: ProcessInfo.processInfo.environment, isRoot: geteuid() == 0)
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler(label: label, stream: LogStream())
            handler.logLevel = configuration.options.logLevel
            return handler
        }
        do {
            if healthcheck { return try Liveness.check(configuration.state) }
            defer {
                if let lifeline = configuration.options.lifeline, !Lifeline.isHeld(lifeline) {
                    Lifeline.clear(configuration.state, beside: lifeline)
                }
            }
            let state = try StateDirectory(configuration.state)
            DescriptorLimit.raise()
            try await Agent(configuration, state: state).run()
        } catch  where error is StateDirectory.Failure || error is SecretFile.Failure || error is MetricsServer.Failure {
            LogStream().write("sonde-agent: \(error)")
            throw ExitCode.failure
        }
    }
}
