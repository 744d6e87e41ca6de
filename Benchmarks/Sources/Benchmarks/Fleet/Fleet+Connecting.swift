import Glibc

extension Fleet {
    /// How long a connection may take, as in Sonde's agent.
    private static let connectLimit: Int64 = 2_000_000
    /// How long a collector may say nothing.
    private static let silenceLimit: Int64 = 15_000_000

    /// Has every agent that is away connect now.
    func connectAll() throws {
        let now = Clock.wallMicroseconds()
        for index in agents.indices where agents[index].phase == .away { try connect(index, at: now) }
    }

    /// Has agents connect whose wait is over, and gives up connections that take too long.
    func tendAbsent(at now: Int64) throws {
        var greeting = 0
        var absent = 0
        for agent in agents where agent.phase != .up {
            absent += 1
            if agent.phase != .away { greeting += 1 }
        }
        guard absent > 0 else { return }
        for index in agents.indices {
            switch agents[index].phase {
            case .away where agents[index].since <= now && comesBack != .together:
                guard comesBack == .byChance || greeting < Self.group else { continue }
                greeting += 1
                try connect(index, at: now)
            case .connecting where now - agents[index].since > Self.connectLimit:
                counts.unconnected += 1
                lose(index, at: now)
            case .greeting where now - agents[index].since > Self.silenceLimit: lose(index, at: now)
            default: break
            }
        }
    }

    /// Each agent has an address of its own on loopback, as hosts have: the collector has limits for each address.
    private func connect(_ index: Int, at now: Int64) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw BenchmarkError.system("no socket for agent \(index + 1)") }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        setsockopt(descriptor, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &on, size)
        // The slot is taken before anything can fail, so that the descriptor is closed with the fleet.
        agents[index].descriptor = descriptor
        agents[index].phase = .connecting
        agents[index].since = now
        let own = withAddress(0x7f01_0001 + UInt32(index), port: 0) { bind(descriptor, $0, $1) }
        guard own == 0 else { throw BenchmarkError.system("no loopback address for agent \(index + 1)") }
        if withAddress(0x7f00_0001, port: port, { Glibc.connect(descriptor, $0, $1) }) != 0, errno != EINPROGRESS {
            counts.unconnected += 1
            return lose(index, at: now)
        }
        try readiness.add(descriptor, key: UInt64(descriptor) << 32 | UInt64(index))
    }

    private func withAddress(_ host: UInt32, port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = host.bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    /// Ends all connections for good.
    func disconnect() {
        comesBack = .together
        for index in agents.indices where agents[index].descriptor >= 0 { lose(index, at: Clock.wallMicroseconds()) }
    }

    /// The connection has ended, or none came about.
    func lose(_ index: Int, at now: Int64) {
        if agents[index].phase == .up {
            agents[index].resetWait()
            counts.ended += 1
        }
        close(agents[index].descriptor)
        agents[index].descriptor = -1
        agents[index].phase = .away
        agents[index].isRecording = false
        agents[index].waiting = []
        agents[index].partial = []
        agents[index].since = comesBack == .byChance ? now + agents[index].nextWait() : now
    }
}
