import Logging
import NIOPosix
import StatsCore

/// What the parts of an agent share: who it is, where its state is, what it has for the collector, and the collector's time.
struct AgentBase {
    let configuration: AgentConfiguration
    let state: StateDirectory
    let logger: Logger
    let facts: HostFacts
    let tls: TLSContext?
    let clock = CollectorTime()
    let identity: Identity
    let deliveries: Deliveries
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
        let spool = try Self.spool(in: state, quota: configuration.options.spoolLimit.bytes, logger: logger)
        identity = try Identity.begin(in: state, node: configuration.node, above: spool.newestEpoch)
        deliveries = Deliveries(identity: identity, spool: spool)
    }

    private static func spool(in state: StateDirectory, quota: UInt64, logger: Logger) throws(StateDirectory.Failure) -> Spool {
        do {
            // Several segments, however small the quota: what is dropped is a whole segment.
            return try Spool(
                in: state.directory, quota: quota, segmentBytes: Int(min(4 << 20, quota / 8)), replace: GapFolder.replace
            ) { logger.log($0) }
        } catch {
            throw StateDirectory.Failure(description: "the spool can't be opened: \(error); name another directory with --state")
        }
    }
}
