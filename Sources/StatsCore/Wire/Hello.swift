/// Agent → collector, in answer to `challenge`.
package struct Hello: WireMessage {
    package static let type = "hello"
    package var `protocol`: Int
    /// The agent's id, a UUID that it keeps on disk.
    package var agent: String
    /// Higher at every start of the agent: the collector refuses an epoch below the one it knows.
    package var epoch: UInt64
    /// Random, new with each epoch. If it differs for the same id and epoch, one agent's state was copied to another.
    package var epochID: String?
    package var node: String
    /// The agent's name as kubemon shows it: `OSMonitor_<address>_<node>`.
    package var monitor: String
    package var addresses: [String]
    package var bootID: String?
    package var version: String
    package var kernel: String?
    /// `v1`, `v2` or `hybrid`; absent on a host without cgroups.
    package var cgroup: String?
    package var cpus: Int?
    package var memoryBytes: UInt64?
    /// Whether the agent runs as root, on which some columns depend.
    package var privileged: Bool?
    /// Whether the host hides the processes of other users from the agent; absent when it doesn't.
    package var processesHidden: Bool?
    /// How the host's cores belong together.
    package var topology: CPUTopology?
    /// The columns of every table that the agent sends, in the order of its cells; `time`, `tick` and `node` are implied.
    package var tables: [String: [String]]
    package var firstUnacked: UInt64
    package var nextSeq: UInt64
    /// 32 random bytes in hexadecimal, for the proofs of a token.
    package var nonce: String?
    /// The agent's proof that it has the token: `Token.proof`.
    package var proof: String?
    /// Messages that a collector may send to this agent, and earlier agents don't know: `prepare`. Absent when there is none.
    package var takes: [String]?
    /// Whether another collector gets the agent's ticks at present, and it only delivers here what it still has; absent when it doesn't.
    package var deliversOnly: Bool?
    /// Whether the agent belongs to the collector that it greets.
    package var isMember: Bool { deliversOnly != true }

    package enum CodingKeys: String, CodingKey {
        case `protocol`, agent, epoch, node, monitor, addresses, version, kernel, cgroup, cpus, privileged, topology, tables, nonce, proof,
            takes
        case epochID = "epoch_id"
        case bootID = "boot_id"
        case memoryBytes = "memory_bytes"
        case processesHidden = "processes_hidden"
        case deliversOnly = "delivers_only"
        case firstUnacked = "first_unacked"
        case nextSeq = "next_seq"
    }

    package init(
        protocol: Int = Frame.protocolVersion, agent: String, epoch: UInt64, epochID: String? = nil, node: String, monitor: String,
        addresses: [String] = [], bootID: String? = nil, version: String, kernel: String? = nil, cgroup: String? = nil, cpus: Int? = nil,
        memoryBytes: UInt64? = nil, privileged: Bool? = nil, processesHidden: Bool? = nil, topology: CPUTopology? = nil,
        tables: [String: [String]], firstUnacked: UInt64, nextSeq: UInt64, nonce: String? = nil, proof: String? = nil,
        takes: [String]? = nil, deliversOnly: Bool? = nil
    ) {
        self.protocol = `protocol`
        self.agent = agent
        self.epoch = epoch
        self.epochID = epochID
        self.node = node
        self.monitor = monitor
        self.addresses = addresses
        self.bootID = bootID
        self.version = version
        self.kernel = kernel
        self.cgroup = cgroup
        self.cpus = cpus
        self.memoryBytes = memoryBytes
        self.privileged = privileged
        self.processesHidden = processesHidden
        self.topology = topology
        self.tables = tables
        self.firstUnacked = firstUnacked
        self.nextSeq = nextSeq
        self.nonce = nonce
        self.proof = proof
        self.takes = takes
        self.deliversOnly = deliversOnly
    }

    /// What the token's proofs cover; `nil` for an agent that sent no nonce.
    package func handshake(challenge nonce: String) -> Token.Handshake? {
        self.nonce.map { Token.Handshake(collectorNonce: nonce, agentNonce: $0, agent: agent, node: node) }
    }
}
