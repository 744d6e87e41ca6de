import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import StatsCore

/// The control port: HTTP on 9880, for the CLI, scripts and people.
struct ControlServer: Service {
    let address: ListenAddress
    let recorder: Recorder
    let data: DataDirectory
    let care: RunCare
    let live: NewestTicks
    let hub: StreamHub
    let status: StatusRoutes
    let endpoints: Endpoints
    let logger: Logger
    /// If set, the control port speaks HTTPS.
    var tls: TLSContext?
    /// Every request but those for `RequestGuard.openPaths` has to carry it; `nil` needs none.
    var token: Token?
    /// Who may do more than look, where no token says so; `nil` when all may.
    var users: LocalUsers?
    /// Further host names of this collector.
    var names: [String] = []
    /// Whether `/metrics` shows processes.
    var showsProcesses = false
    var limits = ControlLimits()
    /// Called once with the real address, when the port answers requests.
    let onReady: @Sendable (ListenAddress) -> Void

    func run() async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let registry = ConnectionRegistry(limit: limits.connections)
        let application = Application(
            router: router(registry),
            // A client that connects and sends no request is disconnected; an answer may take any time.
            server: server(
                HTTP1Channel.Configuration(
                    additionalChannelHandlers: [ConnectionGuard(registry: registry, limits: limits)], idleTimeout: limits.idle,
                    httpDecoderConfiguration: ControlLimits.decoder)),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: "sonde-collector",
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connectionsInAll)),
            onServerRunning: { channel in
                guard let bound = channel.localAddress.flatMap(ListenAddress.init) else { return }
                endpoints.control = "\(bound)"
                onReady(bound)
            },
            logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            throw address.failure(error, option: "--control")
        }
    }

    private func server(_ configuration: HTTP1Channel.Configuration) -> HTTPServerBuilder {
        HTTPServerBuilder {
            ControlChannel(base: HTTP1Channel(responder: $0, configuration: configuration), tls: tls) {
                RequestFormHandler(bodyLimit: ControlLimits.requestBody)
            }
        }
    }

    private func router(_ registry: ConnectionRegistry) -> Router<ControlContext> {
        let router = Router(context: ControlContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: FailureMiddleware())
        router.add(middleware: RequestGuard(token: token, users: users, hosts: HostNames(names)))
        let answers = AnswerPlaces(limit: 8, registry: registry)
        InstanceRoutes(recorder: recorder, answers: answers).add(to: router)
        RunRoutes(recorder: recorder).add(to: router)
        status.add(to: router, answers)
        StreamRoutes(hub: hub, users: users).add(to: router)
        TableRoutes(live: live, answers: answers).add(to: router)
        // Each keeps the samples of all nodes. The places are Prometheus' own: who asks for something else doesn't take them.
        let scrapes = AnswerPlaces(limit: 2, registry: registry)
        MetricsRoutes(status: status, live: live, answers: scrapes, showsProcesses: showsProcesses).add(to: router)
        let reports = AnswerPlaces(limit: 2, registry: registry)
        CatalogueRoutes(recorder: recorder, data: data, answers: answers, reportAnswers: reports).add(to: router)
        RunCareRoutes(data: data, care: care).add(to: router)
        ContainerRoutes(live: live, answers: answers).add(to: router)
        PageRoutes().add(to: router)
        return router
    }
}
