import Logging
import StatsCore

/// The parts of an agent that have to do with containers: the source that reads them, what follows the engine, and the governor.
struct AgentContainers {
    let source: SourceWorker
    let engine: [any Service]
    let governor: GovernorService?
    let environment: EngineEnvironment

    /// - Returns: `nil` with `--containers off`.
    ///
    /// - Parameter exits: processes that have ended, where the kernel tells of them.
    init?(_ base: AgentBase, exits: ExitBox?) {
        let (roots, mode, socket) = (base.configuration.roots, base.options.containers, base.options.dockerSocket)
        if mode == .off { return nil }
        let index = ContainerIndex(filter: base.configuration.containerFilter)
        let board = StatsBoard()
        // In mode docker the engine names all that are read.
        let names = mode == .docker ? nil : Self.names(base)
        let source = SourceWorker(name: "container") { [processes = base.configuration.processes, smaps = base.options.smaps] in
            ContainerSource(
                roots: roots, mode: mode, index: index, board: board, names: names, processes: processes,
                files: .ofProcesses(smaps: smaps), watch: EndWatch(), exits: exits)
        }
        index.setWake { source.wake() }
        names?.setWake { source.wake() }
        self.source = source
        let watched = EngineAPI(client: EngineClient(socket: socket, group: base.group))
        let polled = EngineAPI(client: EngineClient(socket: socket, group: base.group, connections: StatsPoller.connections))
        engine = [EngineWatcher(api: watched, index: index, logger: base.logger), StatsPoller(board: board, api: polled)]
        environment = EngineEnvironment(api: watched, index: index)
        governor = base.configuration.governor.map { Self.governor($0, index, base) }
    }

    private static func names(_ base: AgentBase) -> NameReader {
        let logger = base.logger
        return NameReader(base.configuration.nameRoots) { reason in
            logger.warning("the names of a container can't be read", metadata: ["reason": "\(reason)"])
        }
    }

    private static func governor(_ policy: GovernorPolicy, _ index: ContainerIndex, _ base: AgentBase) -> GovernorService {
        // A connection for each action that may be under way at once.
        let client = EngineClient(socket: base.options.dockerSocket, group: base.group, connections: policy.actionsPerMinute)
        base.logger.notice(
            policy.mode == .enforce ? "the governor acts on containers" : "the governor says what it would do, and does nothing",
            metadata: ["policy": "\(policy.name)", "sha256": "\(policy.hash)"])
        return GovernorService(
            policy: policy, ticks: GovernorService.mailbox(), index: index, api: EngineAPI(client: client),
            journal: GovernorJournal(
                in: base.state, bootID: base.facts.bootID, cooldown: policy.groups.map(\.cooldown).max() ?? 0), logger: base.logger)
    }
}
