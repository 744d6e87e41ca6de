import StatsCore
import Synchronization

/// Reads the names of containers that no engine tells of, on threads of its own, so that neither a tick nor the engine's containers wait for a file system.
///
/// Whoever walks the cgroup tree says what is there (`follow`), and looks up what is known by then. Bundles and a kubelet's logs have a thread each: one whose
/// file system is dead leaves the other its work. A thread lives only as long as there is something to read.
final class NameReader: Sendable {
    typealias Read = @Sendable (NameBook.Place, [CgroupPath]) -> NameAnswers

    private struct State {
        var book = NameBook()
        var generation: UInt64 = 0
        var failures: UInt64 = 0
        /// The places that are being read, and since when, monotonic nanoseconds.
        var reading: [NameBook.Place: UInt64] = [:]
        /// What has been complained of. A fault of thousands of containers is told once.
        var told: Set<String> = []
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let read: Read
    private let report: @Sendable (_ reason: String) -> Void

    /// More kinds of faults than these aren't told.
    private static let mostFaults = 20
    /// A reading that takes longer is told of, nanoseconds.
    private static let longestReading: UInt64 = 10_000_000_000

    /// - Parameter report: called with a reason that goes on from "the names of a container can't be read: ", from any thread.
    init(_ read: @escaping Read, report: @escaping @Sendable (_ reason: String) -> Void) {
        self.read = read
        self.report = report
    }

    convenience init(_ roots: NameRoots, report: @escaping @Sendable (_ reason: String) -> Void) {
        self.init(
            { place, containers in
                switch place {
                // LXC's and nspawn's containers have no bundle. Another's directory may have the name that somebody gave one of them.
                case .bundle:
                    BundleReader(roots: roots).read(containers.filter { ![.lxc, .nspawn].contains($0.runtime) }.map(\.containerID))
                case .kubelet: KubeletNames.read(containers, below: roots.log)
                }
            }, report: report)
    }

    /// Sets the callback for names that have come. It runs on a thread of this reader's, without the lock.
    func setWake(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }

    /// Another number means that something has come.
    var generation: UInt64 { state.withLock { $0.generation } }

    /// How many files and directories could not be read since the last call.
    func takeFailures() -> UInt64 {
        state.withLock { state in
            defer { state.failures = 0 }
            return state.failures
        }
    }

    /// The containers of a walk that no engine tells of. Has the names of new ones read; it waits for nothing.
    func follow(_ found: [CgroupPath], at now: UInt64) {
        let (places, isSlow) = state.withLock { state in
            state.book.follow(found, at: now)
            let due = NameBook.Place.allCases.filter { state.reading[$0] == nil && state.book.isDue($0, at: now) }
            for place in due { state.reading[place] = now }
            return (due, state.reading.contains { now > $1 && now - $1 > Self.longestReading })
        }
        for place in places { start(place) }
        if isSlow { complain("their file system doesn't answer, and others wait for it", as: "slow") }
    }

    func names(of id: String) -> ToldNames? { state.withLock { $0.book[id] } }

    /// Whether a container's names may come at any moment, so that it should have no row before.
    func isAwaited(_ id: String, at now: UInt64) -> Bool { state.withLock { $0.book.isAwaited(id, at: now) } }

    /// Without a thread the names stay due, and the next walk tries again.
    private func start(_ place: NameBook.Place) {
        if PlainThread.start(name: "sonde-names", { self.serve(place) }) { return }
        state.withLock { $0.reading[place] = nil }
    }

    private func serve(_ place: NameBook.Place) {
        while true {
            let asked = state.withLock { state in
                let now = Clocks.monotonic()
                let asked = state.book.take(place, at: now)
                state.reading[place] = asked.isEmpty ? nil : now
                return asked
            }
            if asked.isEmpty { return }
            let answers = read(place, asked)
            var failures = answers.faults.count
            for fault in answers.faults { complain(fault, as: fault) }
            for case (let id, .failed(let reason)) in answers.outcomes {
                failures += 1
                complain(reason, as: reason.replacing(id, with: ""))
            }
            state.withLock { $0.failures += UInt64(failures) }
            finish(place, asked, answers.outcomes)
        }
    }

    private func finish(_ place: NameBook.Place, _ asked: [CgroupPath], _ outcomes: [String: NameOutcome]) {
        let now = Clocks.monotonic()
        let (wake, next) = state.withLock { state -> ((@Sendable () -> Void)?, Bool) in
            let isNew = state.book.answered(place, asked, outcomes, at: now)
            if isNew { state.generation += 1 }
            // What the bundles haven't told, the kubelet is asked for at once.
            let next = place == .bundle && state.reading[.kubelet] == nil && state.book.isDue(.kubelet, at: now)
            if next { state.reading[.kubelet] = now }
            return (isNew ? state.wake : nil, next)
        }
        if next { start(.kubelet) }
        wake?()
    }

    /// - Parameter kind: the reason without what differs from container to container.
    private func complain(_ reason: String, as kind: String) {
        let isNews = state.withLock { $0.told.count < Self.mostFaults && $0.told.insert(kind).inserted }
        if isNews { report(reason) }
    }
}
