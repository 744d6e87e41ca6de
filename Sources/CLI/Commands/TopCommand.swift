import ArgumentParser
import NIOPosix
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show all nodes and containers live, or print them once, or as lines of JSON.",
        discussion: """
            At a terminal: `?` shows the keys, `q` quits. For scripts:

              sonde top --once                          # two tables, then it ends
              sonde top --once --container web1         # the processes of one container
              sonde top --json | jq '.containers[0]'    # a line of JSON each second
            """)

    @Flag(help: "Print once, as plain text or as one line of JSON, and end.")
    var once = false

    @Option(help: "What to sort by: cpu, memory, network, io, pids or name.")
    var sort = TopSort.cpu

    @Option(help: "Containers only with these words in their name, id, image, node, state, project, service, pod or namespace.")
    var filter = ""

    @Option(help: "This node only, and its containers.")
    var node: String?

    @Option(help: "Show the processes of this container: its name, id, or the beginning of one.")
    var container: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        _ = try connection.endpoint()
        if node?.isEmpty == true { throw ValidationError("--node takes a node's name, not an empty text.") }
        if container?.isEmpty == true { throw ValidationError("--container takes a container's name or id, not an empty text.") }
        guard !once, !connection.json else { return }
        let instead = "Print a table with `sonde top --once`, or lines of JSON with `sonde top --json`."
        guard isatty(STDOUT_FILENO) == 1 else { throw ValidationError("Standard output is no terminal. \(instead)") }
        guard isatty(STDIN_FILENO) == 1 else {
            throw ValidationError("Standard input is no terminal, so that no keys can be read. \(instead)")
        }
        let terminal = Self.variable("TERM") ?? ""
        guard !terminal.isEmpty, terminal != "dumb" else {
            throw ValidationError("This terminal (TERM=\(VisibleText.escape(terminal))) can't move its cursor. \(instead)")
        }
    }

    func run() async throws {
        var state = TopState(question: container.map { .container($0) } ?? .overview)
        state.sort = sort
        state.filter = filter
        state.onlyNode = node
        let chosen = state
        try await connection.connected(silence: StreamFeed.patience) { client in
            if once || connection.json {
                try await TopPrinter(state: chosen, isOnce: once, format: connection.format).run(client)
            } else {
                try await Self.show(client, chosen)
            }
        }
    }

    private static func show(_ client: ControlClient, _ state: TopState) async throws {
        // Fails here if there is no collector, so that the error isn't hidden by the full screen.
        _ = try await client.status()
        let wake = try WakePipe()
        let feed = StreamFeed(client) { wake.ring() }
        let loop = TopLoop(feed: feed, wake: wake, address: "\(client.endpoint)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await feed.run(StreamRequest(question: state.question)) }
            defer { group.cancelAll() }
            try await NIOThreadPool.singleton.runIfActive { try loop.run(state, palette: Palette(environment: variable)) }
        }
    }

    @Sendable private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
