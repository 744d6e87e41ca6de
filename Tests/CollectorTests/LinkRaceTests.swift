import StatsCore
import Synchronization
import Testing

@testable import Collector

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Someone exchanges directories for links while they are used", .timeLimit(.minutes(1)))
struct LinkRaceTests {
    private let outside = TemporaryDirectory()
    private let directory = TemporaryDirectory()

    /// Calls the body again and again while `name` in the data directory is by turns a directory and a link to the outside.
    private func whileSwapping(_ name: String, _ body: () throws -> Bool) throws {
        let data = directory.path
        #expect(symlink(outside.path, "\(data)/link") == 0)
        let swapper = Swapper(data: data, name: name)
        swapper.start()
        defer { swapper.stop() }
        while try !body() {}
    }

    @Test("A run is never made outside of the data directory")
    func start() throws {
        let data = try DataDirectory(directory.path, state: directory.path)
        #expect(mkdir(directory.path + "/a", 0o755) == 0)
        var (made, refused) = (0, 0)
        try whileSwapping("a") {
            do {
                try data.createRun(RunPath("a/run\(made)"), note: {}) { directory in _ = try directory.newFile("host.csv") }
                made += 1
            } catch is ControlFailure {
                refused += 1
            }
            return made >= 20 && refused >= 20
        }
        #expect(outside.tree().isEmpty)
    }

    @Test("A download never comes from outside of the data directory")
    func download() throws {
        let data = try DataDirectory(directory.path, state: directory.path)
        try outside.write(Array("secret".utf8), to: "host.csv")
        try directory.makeRun("a", host: Array("mine".utf8))
        var (read, refused) = (0, 0)
        try whileSwapping("a") {
            do {
                let found = try data.open(RunPath("a")).file("host.csv").contents()
                #expect(found == Array("mine".utf8))
                read += 1
            } catch is DiskError {
                refused += 1
            }
            return read >= 100 && refused >= 100
        }
    }
}

/// A thread that renames as fast as it can.
private final class Swapper: Sendable {
    private let data: String
    private let name: String
    private let isOver = Atomic(false)
    private let thread = Mutex<pthread_t?>(nil)

    init(data: String, name: String) {
        self.data = data
        self.name = name
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

    /// Returns when everything is as it was.
    func stop() {
        isOver.store(true, ordering: .relaxed)
        if let id = thread.withLock({ $0 }) { pthread_join(id, nil) }
    }

    private func run() {
        let (place, aside, link) = ("\(data)/\(name)", "\(data)/aside", "\(data)/link")
        while !isOver.load(ordering: .relaxed) {
            rename(place, aside)
            rename(link, place)
            sched_yield()
            rename(place, link)
            rename(aside, place)
            sched_yield()
        }
    }
}
