import StatsCore
import Synchronization
import TestSupport
import Testing

@testable import Collector

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Someone exchanges directories for links while they are used", .timeLimit(.minutes(10))) struct LinkRaceTests {
    private let outside: ScratchDirectory
    private let directory: ScratchDirectory

    init() throws {
        // To make a run takes several syncs, while which nothing may be exchanged.
        outside = try ScratchDirectory(inMemory: true)
        directory = try ScratchDirectory(inMemory: true)
    }

    /// Calls the body again and again while a thread replaces `name` in the data directory by a link to the outside and back.
    private func whileSwapping(_ name: String, until isEnough: () -> Bool, _ body: () throws -> Void) throws {
        let swapper = Swapper(data: directory.path, name: name, outside: outside.path)
        swapper.start()
        defer { swapper.stop() }
        // However the machine divides its time among the two: the suite's limit ends it if one never gets its turn.
        while !isEnough() {
            try Task.checkCancellation()
            try body()
        }
    }

    @Test("A run is never made outside of the data directory")
    func start() throws {
        let data = try DataDirectory(directory.path, state: directory.path)
        #expect(mkdir(directory.path + "/a", 0o755) == 0)
        var (made, refused) = (0, 0)
        try whileSwapping("a", until: { made >= 20 && refused >= 20 }) {
            do {
                // A new name each time, because a run that failed half-way can't always be removed.
                try data.createRun(RunPath("a/run\(made + refused)"), announce: {}) { directory in _ = try directory.newFile("host.csv") }
                made += 1
            } catch is ControlFailure {
                refused += 1
            }
        }
        #expect(outside.tree().isEmpty)
    }

    @Test("A download never comes from outside of the data directory")
    func download() throws {
        let data = try DataDirectory(directory.path, state: directory.path)
        try outside.write(Array("secret".utf8), to: "host.csv")
        try directory.makeRun("a", host: Array("mine".utf8))
        var (read, refused) = (0, 0)
        try whileSwapping("a", until: { read >= 100 && refused >= 100 }) {
            do {
                let found = try data.open(RunPath("a")).file("host.csv").contents()
                #expect(found == Array("mine".utf8))
                read += 1
            } catch is DiskError {
                refused += 1
            }
        }
    }
}

/// A thread that renames as fast as possible.
private final class Swapper: Sendable {
    private let data: String
    private let name: String
    private let outside: String
    private let isOver = Atomic(false)
    private let thread = Mutex<pthread_t?>(nil)

    init(data: String, name: String, outside: String) {
        self.data = data
        self.name = name
        self.outside = outside
    }

    func start() {
        var id = pthread_t()
        let me = Unmanaged.passRetained(self).toOpaque()
        pthread_create(
            &id, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Swapper>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, me)
        thread.withLock { $0 = id }
    }

    func stop() {
        isOver.store(true, ordering: .relaxed)
        if let id = thread.withLock({ $0 }) { pthread_join(id, nil) }
    }

    private func run() {
        let place = "\(data)/\(name)"
        for turn in 0... {
            if isOver.load(ordering: .relaxed) { return }
            // A new name each time: while the old one is missing, a starting run may make a directory there.
            let aside = "\(data)/aside\(turn)"
            rename(place, aside)
            symlink(outside, place)
            sched_yield()
            unlink(place)
            rename(aside, place)
            // Now and then long enough for a run to be made, also on a slow machine.
            usleep(turn % 8 == 0 ? 20_000 : 500)
        }
    }
}
