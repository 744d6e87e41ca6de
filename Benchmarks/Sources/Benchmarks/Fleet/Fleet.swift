import Glibc

/// Thousands of synthetic agents on one thread: they connect, ping, follow runs and send ticks as Sonde's agents do (docs/PROTOCOL.md).
///
/// It is to cost less than what it measures. A tick is put together in one buffer from rows that were made beforehand, and is given to the kernel in one write(2);
/// messages of the collector are searched by their bytes. All times are microseconds since 1970, as the collector is on the same machine.
final class Fleet {
    /// How agents that have lost their connection come back.
    enum Return {
        /// In groups, as fast as the collector lets them in.
        case inGroups
        /// As Sonde's agents do: after waits that grow, half of each by chance.
        case byChance
        /// All of them when `connectAll` is called.
        case together
    }

    /// How many are in a handshake at the same time when they come in groups.
    static let group = 200
    /// How long after a tick's instant an agent sends, at most: each has an offset of its own below it.
    static let spread: Int64 = 50_000
    static let second: Int64 = 1_000_000

    let load: FleetLoad
    let port: Int
    let hellos: [String]
    let readiness: Readiness
    var agents: [FleetAgent]
    var comesBack = Return.inGroups
    /// Whether ticks are sent that belong to no run.
    var isLive = false
    /// Whether agents ping, as often as the collector asks them to.
    var isPinging = true

    /// The run that the collector ordered last, and when its frames were sent and acknowledged.
    var log: FleetLog?
    /// Whose tick is due, of the run or live; and whose ping.
    var ticks: Rota
    var pings: Rota
    let tickOffsets: [Int64]
    /// One buffer for what is sent, one for what is read.
    var frame: [UInt8] = []
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

    /// What has happened since this was last set to `Counts()`.
    var counts = Counts()

    /// - Parameters:
    ///   - prefix: the nodes' names begin with it.
    ///   - spread: the most that an agent sends behind a tick's instant, in microseconds.
    init(_ count: Int, load: FleetLoad, port: Int, prefix: String, spread: Int64 = spread) throws {
        self.load = load
        self.port = port
        hellos = (0..<count).map { load.hello(agent: $0, prefix: prefix) }
        readiness = try Readiness()
        agents = Array(repeating: FleetAgent(), count: count)
        let now = Clock.wallMicroseconds()
        tickOffsets = (0..<count).map { _ in .random(in: 0...spread) }
        ticks = Self.liveRota(tickOffsets, at: now)
        pings = Rota(offsets: (0..<count).map { _ in .random(in: 0..<Self.second) }, first: now, period: Self.second)
        for index in agents.indices { agents[index].since = now }
    }

    deinit {
        for agent in agents where agent.descriptor >= 0 { close(agent.descriptor) }
        room.deallocate()
    }

    /// The grid of live ticks: the whole seconds.
    static func liveRota(_ offsets: [Int64], at now: Int64) -> Rota {
        Rota(offsets: offsets, first: (now / second + 1) * second, period: second)
    }

    var upCount: Int { agents.count { $0.phase == .up } }
    /// Whether all agents have sent their ticks of the run, and the collector has all of them on its disk.
    var isAcknowledged: Bool { agents.allSatisfy { !$0.isRecording && $0.acknowledged >= $0.sent } }
    var isUp: Bool { agents.allSatisfy { $0.phase == .up } }

    /// Serves all agents until an instant, or until `isEnough`, which is asked every few milliseconds.
    /// - Returns: whether it was enough.
    @discardableResult
    func serve(seconds: Double, _ isEnough: () throws -> Bool = { false }) throws -> Bool {
        let deadline = Clock.wallMicroseconds() + Int64(seconds * 1e6)
        var nextLook: Int64 = 0
        while true {
            let now = Clock.wallMicroseconds()
            if now >= nextLook {
                try Interrupt.check()
                if try isEnough() { return true }
                if now >= deadline { return false }
                try tendAbsent(at: now)
                nextLook = now + 5000
            }
            let isBehind = sendDue(at: now)
            try readiness.wait(milliseconds: isBehind ? 0 : 1) { event in
                let index = Int(event.key & 0xffff_ffff)
                guard agents[index].descriptor == Int32(event.key >> 32) else { return }
                if event.isWritable { wrote(index) }
                if event.isReadable { receive(index) }
            }
        }
    }
}
