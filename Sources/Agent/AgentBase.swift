import Logging
import NIOPosix
import StatsCore

/// What the parts of an agent share: who it is, where its state is, and what it has for its collectors.
struct AgentBase {
    let configuration: AgentConfiguration
    let state: StateDirectory
    let logger: Logger
    let facts: HostFacts
    let tls: TLSContext?
    let identity: Identity
    let destinations: Destinations
    /// One thread serves the collector's connection and the engine's socket: both are idle nearly all the time.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    var options: AgentOptions { configuration.options }

    /// Begins a new epoch.
    /// - Throws: `StateDirectory.Failure` when the spool can't be opened or the epoch can't be begun, `SecretFile.Failure`.
    init(_ configuration: AgentConfiguration, state: StateDirectory) throws {
        self.configuration = configuration
        self.state = state
        var configured = Logger(label: "sonde-agent")
        configured.logLevel = configuration.options.logLevel
        let logger = configured
        self.logger = logger
        facts = HostFacts(roots: configuration.roots)
        tls = try configuration.credentials.tls.map { files in
            try TLSContext(files, .client) { logger.error("the certificates can't be read again", metadata: ["reason": "\($0)"]) }
        }
        let kept = try Self.kept(in: state, configuration, bootID: facts.bootID, logger: logger)
        let newest = kept.compactMap(\.spool.newestEpoch).max()
        let identity = try Identity.begin(in: state, node: configuration.node, above: newest)
        self.identity = identity
        destinations = Destinations(
            kept.map {
                Destination(
                    deliveries: Deliveries(identity: identity, spool: $0.spool), clock: CollectorTime(), runNote: $0.runNote,
                    collectorNote: $0.collectorNote)
            },
            patience: .microseconds(configuration.options.failoverAfter.microseconds))
    }

    /// What is kept for each collector, or, where there is none, for nobody.
    private static func kept(
        in state: StateDirectory, _ configuration: AgentConfiguration, bootID: String?, logger: Logger
    ) throws(StateDirectory.Failure) -> [(spool: Spool, runNote: RunNote, collectorNote: CollectorNote)] {
        let addresses = configuration.collectors.map(\.description)
        do {
            let rooms = try CollectorRooms(in: state, for: addresses)
            if rooms.isGuessed {
                logger.warning(
                    "frames wait from when a single collector was named, and go to the first that is named now: name that one first",
                    metadata: ["collector": "\(addresses[0])"])
            }
            for address in rooms.forgotten(besides: addresses) {
                logger.warning(
                    "frames for a collector that isn't named any more may wait in the state directory: name it again to deliver them",
                    metadata: ["collector": "\(address)"])
            }
            let quota = configuration.options.spoolLimit.bytes
            return try (addresses.isEmpty ? [nil] : addresses.map(Optional.init)).map { address in
                let directory = try rooms.directory(of: address)
                let spool = try spool(in: directory, quota: quota, logger: logger)
                let collectorNote = try CollectorNote(in: directory.again(), logger: logger)
                return (spool, RunNote(in: directory, bootID: bootID, logger: logger), collectorNote)
            }
        } catch {
            throw StateDirectory.Failure(description: "the spool can't be opened: \(error); name another directory with --state")
        }
    }

    /// Several segments, however small the quota: what is dropped is a whole segment.
    private static func spool(in directory: borrowing Descriptor, quota: UInt64, logger: Logger) throws -> Spool {
        try Spool(in: directory, quota: quota, segmentBytes: Int(min(4 << 20, quota / 8)), replace: GapFolder.replace) { logger.log($0) }
    }
}
