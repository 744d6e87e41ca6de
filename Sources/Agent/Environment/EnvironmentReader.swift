import StatsCore
import Synchronization

/// Reads what this host is: its files, and what its engine says.
final class EnvironmentReader: Sendable {
    /// From one reading of `/proc/stat` that is compared with a later one.
    private struct Times {
        let times: CPUTimes
        /// On the monotonic clock, in nanoseconds.
        let instant: UInt64
    }

    private struct State {
        /// The last two that were taken, the newer one first.
        var earlier: [Times] = []
        var topology: CPUTopology?
        /// The cores that were online when the topology was read.
        var online: String?
    }

    private let roots: KernelRoots
    private let engine: EngineEnvironment?
    private let targets: [ScrapeTarget]
    private let state: Mutex<State>

    /// Over less, it would be seen what this agent itself does.
    private static let shortest: UInt64 = 1_000_000_000
    /// Over more, it would no longer be what was before the run.
    private static let longest: UInt64 = 60_000_000_000
    /// How long the first reading waits for an engine that hasn't answered yet.
    private static let patience = Duration.seconds(2)

    /// - Parameters:
    ///   - engine: `nil` when none is followed.
    ///   - targets: whose metrics are recorded.
    init(roots: KernelRoots, engine: EngineEnvironment?, targets: [ScrapeTarget] = []) {
        self.roots = roots
        self.engine = engine
        self.targets = targets
        state = Mutex(State())
        noteTimes()
    }

    /// Takes what the cores have done so far, for a later `read` to compare with: every few seconds.
    func noteTimes() {
        guard let times = Self.times(roots) else { return }
        let now = Times(times: times, instant: Clocks.monotonic())
        state.withLock { $0.earlier = [now] + $0.earlier.prefix(1) }
    }

    /// - Parameter isAsked: whether a run is about to begin, so that it counts what is true now.
    func read(isAsked: Bool) async -> NodeEnvironment {
        await waitForEngine()
        var host = HostEnvironment(reading: roots, topology: topology())
        var told: [ContainerSettings] = []
        if let engine {
            if let facts = await engine.facts(isAsked: isAsked) {
                host[.engine] = .string(facts.name)
                host[.engineVersion] = .string(facts.version)
                host[.engineCgroupDriver] = facts.cgroupDriver.map { .string($0) }
                host[.engineStorageDriver] = facts.storageDriver.map { .string($0) }
            }
            told = await engine.containers()
        }
        if !targets.isEmpty {
            host[.scrapeTargets] = .object(Dictionary(uniqueKeysWithValues: targets.map { ($0.name, .string($0.shownURL)) }))
        }
        let most = ContainerSettings.mostOfNode
        return NodeEnvironment(
            host: HostEnvironment(host.values), activity: activity(), containers: told.prefix(most).map(\.bounded),
            containersLeftOut: max(told.count - most, 0))
    }

    private func waitForEngine() async {
        let deadline = ContinuousClock.now + Self.patience
        while engine?.isUnknown == true, ContinuousClock.now < deadline, (try? await Task.sleep(for: .milliseconds(20))) != nil {}
    }

    private func topology() -> CPUTopology? {
        let online = KernelFile.word(of: "\(roots.sys)/devices/system/cpu/online")
        return state.withLock { state in
            if state.topology == nil || state.online != online {
                state.topology = CPUTopology(sys: roots.sys)
                state.online = online
            }
            return state.topology
        }
    }

    /// How busy the host is.
    private func activity() -> HostActivity? {
        var buffer = ReadBuffer(capacity: 8192)
        var memory = MemInfo()
        var load = LoadAverage()
        if (try? KernelFile.readOnce("\(roots.proc)/meminfo", into: &buffer)) != nil { memory.update(parsing: buffer.bytes) }
        if (try? KernelFile.readOnce("\(roots.proc)/loadavg", into: &buffer)) != nil { load = LoadAverage(parsing: buffer.bytes) }
        guard let times = Self.times(roots) else { return nil }
        let now = Clocks.monotonic()
        let earlier = state.withLock { $0.earlier }.first { (Self.shortest...Self.longest).contains(now &- $0.instant) }
        return HostActivity(load: load, memory: memory, times: times, since: earlier?.times)
    }

    private static func times(_ roots: KernelRoots) -> CPUTimes? {
        var buffer = ReadBuffer()
        guard (try? KernelFile.readOnce("\(roots.proc)/stat", into: &buffer)) != nil else { return nil }
        var stat = ProcStat()
        stat.update(parsing: buffer.bytes)
        return stat.total
    }
}
