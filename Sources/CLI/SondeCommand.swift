import ArgumentParser
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `sonde`: drives a collector from a shell, a script or a prompt.
@main
struct SondeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sonde",
        abstract: "Records what hosts, their containers and their processes use, in named runs.",
        discussion: """
            Every command is also understood with a leading slash (`sonde /start test000`). Without a command, sonde shows a prompt; \
            when standard input is not a terminal, it reads commands from it, one a line.

            Exit status: 0 done, 1 failed, 2 the run is not complete, 3 a condition of `compare --fail-if` holds, 64 wrong usage, 69 the collector is out of reach. \
            `record -- command` ends with the command's status when the recording itself is complete.
            """,
        version: Version.current,
        subcommands: [
            InstancesCommand.self, StartCommand.self, StopCommand.self, StatusCommand.self, MarkCommand.self, RunsCommand.self,
            VerifyCommand.self, CloseCommand.self, CompressCommand.self, SummaryCommand.self, CompareCommand.self, PlotCommand.self,
            ReportCommand.self,
            ExportCommand.self, MergeCommand.self, PackCommand.self, ContainersCommand.self, TopCommand.self, RecordCommand.self,
            MatrixCommand.self, GovernorCommand.self, TokenCommand.self, CACommand.self,
        ])

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let commands = Self.configuration.subcommands.map { Prompt.Command(name: $0._commandName, abstract: $0.configuration.abstract) }
        let prompt = Prompt(prefix: connection.arguments, commands: commands, arrange: Invocation.arranged, execute: Invocation.run)
        try await prompt.run()
    }

    static func main() async {
        CommandKeeper.takeOver(CommandLine.arguments)
        CrashLine.install(program: "sonde", version: Version.current)
        let status = await Invocation.run(Array(CommandLine.arguments.dropFirst()))
        end(status)
    }
}

/// exit(3); inside a command the name `exit` means another function.
private func end(_ status: Int32) -> Never { exit(status) }
