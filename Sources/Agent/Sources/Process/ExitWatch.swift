import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Hears of each process that ends on this host, on a thread of its own, and puts what it used into the sources' boxes.
enum ExitWatch {
    /// How long the thread leaves messages lying behind some that it has read, in milliseconds: thousands a second wake it a hundred times. What comes to rest is heard of at once.
    private static let pause: Int32 = 10

    /// Begins to listen.
    /// - Throws: `TaskStatsSocket.Failure` where that can't be done: the process table then has no last rows.
    static func start(_ roots: KernelRoots, _ boxes: [ExitBox]) throws(TaskStatsSocket.Failure) {
        guard isOwn(roots) else {
            throw TaskStatsSocket.Failure(description: "\(roots.proc) is another host's, or of another pid namespace")
        }
        guard let cpus = try? WholeFile("/sys/devices/system/cpu/possible", limit: 4096).bytes else {
            throw TaskStatsSocket.Failure(description: "/sys/devices/system/cpu/possible can't be read")
        }
        let socket = try TaskStatsSocket(cpus: cpus.filter { $0 > UInt8(ascii: " ") })
        guard PlainThread.start(name: "sonde-exits", { serve(socket, boxes) }) else {
            throw TaskStatsSocket.Failure(description: "there is no thread for it; raise the limit of tasks")
        }
    }

    /// Whether pids mean the same to that /proc and to this process.
    private static func isOwn(_ roots: KernelRoots) -> Bool {
        var target = [CChar](repeating: 0, count: 32)
        let count = readlink("\(roots.proc)/self", &target, target.count)
        return count > 0 && target[..<count].map { UInt8(bitPattern: $0) } == Array("\(getpid())".utf8)
    }

    /// Never returns: an agent listens for as long as it runs.
    private static func serve(_ socket: TaskStatsSocket, _ boxes: [ExitBox]) {
        var sums = ExitSums()
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        var exits: [ProcessExit] = []
        var (number, lost): (UInt64, UInt32) = (0, 0)
        while true {
            socket.wait(sums.isSettling ? pause : -1)
            let (now, awake) = (Clocks.monotonic(), Clocks.awake())
            socket.drain(&buffer) { if let exit = sums.take($0, at: now, awake: awake) { exits.append(exit) } }
            exits += sums.settled(at: now)
            for index in exits.indices { exits[index].number = number &+ UInt64(index) }
            number &+= UInt64(exits.count)
            let all = socket.lost ?? lost
            if all != lost { sums.forget() }
            // The kernel's number begins anew behind the largest.
            for box in boxes { box.put(exits, lost: UInt64(all &- lost)) }
            lost = all
            exits.removeAll(keepingCapacity: true)
            poll(nil, 0, pause)
        }
    }
}
