import StatsCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Tells when cgroups are made or removed, on a thread of its own, so that a tree of thousands needn't be walked to see that it hasn't changed.
///
/// Whoever makes a cgroup does it by mkdir(2), and inotify(7) tells of that. It doesn't where the directory is seen through another cgroup namespace, whose inodes are others.
final class CgroupNews: Sendable {
    private let descriptor: Int32
    private let isFresh = Atomic<Bool>(false)
    private let isComplete = Atomic<Bool>(false)
    private let isServed = Atomic<Bool>(false)
    private let pause = Atomic<UInt64>(0)

    /// - Returns: `nil` when the kernel gives no descriptor (`fs.inotify.max_user_instances`).
    init?() {
        descriptor = inotify_init1(Int32(IN_CLOEXEC))
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// - Parameter wake: called after each news. It is never called where no thread can be made; then `tellsAll` is never true.
    func start(_ wake: @escaping @Sendable () -> Void) {
        let isStarted = PlainThread.start(name: "sonde-cgroups") { [self] in serve(wake) }
        isServed.store(isStarted, ordering: .relaxed)
    }

    /// Whether something was made or removed since `forget`.
    var hasSome: Bool { isFresh.load(ordering: .acquiring) }

    /// Whether all directories of the last walk are followed, and a thread tells of them.
    var tellsAll: Bool { isWhole && isServed.load(ordering: .relaxed) }

    /// Set before a walk; a directory that can't be followed makes it false.
    var isWhole: Bool {
        get { isComplete.load(ordering: .relaxed) }
        set { isComplete.store(newValue, ordering: .relaxed) }
    }

    /// Tells next time when so much time has passed: what happens meanwhile is told together then.
    func rest(for nanoseconds: UInt64) { pause.store(nanoseconds, ordering: .relaxed) }

    /// Before a walk, so that what changes during it is news again.
    func forget() { isFresh.store(false, ordering: .releasing) }

    /// Follows a directory from now on. One that has been removed is forgotten by the kernel.
    func follow(_ directory: String) {
        let watch = inotify_add_watch(descriptor, directory, Self.changes)
        // Of one that is gone there is other news.
        if watch < 0, errno != ENOENT { isWhole = false }
    }

    /// In nanoseconds.
    private static let longestPause: UInt64 = 15_000_000_000

    private static let changes = UInt32(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR)

    /// Never returns: an agent has one for as long as it runs.
    private func serve(_ wake: () -> Void) {
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR {
                return isServed.store(false, ordering: .relaxed)
            }
            isFresh.store(true, ordering: .releasing)
            wake()
            usleep(UInt32(min(pause.load(ordering: .relaxed), Self.longestPause) / 1000))
        }
    }
}
