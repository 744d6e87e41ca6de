import Hummingbird
import StatsCore
import Synchronization

/// The addresses on which the collector listens, known once it does.
final class Endpoints: Sendable {
    /// Whether everybody who reaches the ports is let in.
    let isOpenToAll: Bool
    private let addresses = Mutex<(listen: String, control: String)>(("", ""))

    init(isOpenToAll: Bool = false) { self.isOpenToAll = isOpenToAll }

    var listen: String {
        get { addresses.withLock { $0.listen } }
        set { addresses.withLock { $0.listen = newValue } }
    }

    var control: String {
        get { addresses.withLock { $0.control } }
        set { addresses.withLock { $0.control = newValue } }
    }
}

/// `GET /status`, `GET /clock`, and for supervisors `GET /healthz` (the process is alive) and `GET /readyz` (it can also record).
struct StatusRoutes {
    let recorder: Recorder
    let data: DataDirectory
    let counters: RefusalCounters
    let endpoints: Endpoints
    let remoteWrite: @Sendable () -> [RemoteWriteReport]
    private let started = Clocks.monotonicMicroseconds()

    init(
        recorder: Recorder, data: DataDirectory, counters: RefusalCounters, endpoints: Endpoints,
        remoteWrite: @escaping @Sendable () -> [RemoteWriteReport] = { [] }
    ) {
        self.recorder = recorder
        self.data = data
        self.counters = counters
        self.endpoints = endpoints
        self.remoteWrite = remoteWrite
    }

    func add(to router: Router<ControlContext>, _ answers: AnswerPlaces) {
        router.read("status") { _, context in try answers.json(await report(), to: context.channel) }
        router.read("clock") { _, _ in
            let received = recorder.clock.now()
            return try Response.json(ClockReport(receivedUs: received, sentUs: recorder.clock.now()))
        }
        router.read("healthz") { _, _ in Response.text("ok\n") }
        router.read("readyz") { _, _ in
            if let reason = await recorder.blockedReason {
                throw ControlFailure(code: "blocked", message: "nothing can be recorded: \(reason)")
            }
            return Response.text("ready\n")
        }
    }

    func report() async -> StatusReport {
        let recorded = await recorder.recorderReport()
        let collector = StatusReport.Collector(
            version: Version.current, uptimeS: (Clocks.monotonicMicroseconds() - started) / 1_000_000, listen: endpoints.listen,
            control: endpoints.control,
            data: data.path, diskFreeBytes: data.freeBytes(), insecure: endpoints.isOpenToAll ? true : nil, blocked: recorded.blocked,
            lastCommitAgeMs: recorded.lastCommitAgeMs, missingTicks: recorded.missingTicks, refused: counters.all)
        var report = StatusReport(collector: collector, run: await recorder.runReport(), nodes: await recorder.nodeReports())
        let warnings = report.run == nil ? recorder.environments.warnings() : []
        report.warnings = warnings.isEmpty ? nil : warnings
        let sent = remoteWrite()
        report.remoteWrite = sent.isEmpty ? nil : sent
        return report
    }
}
