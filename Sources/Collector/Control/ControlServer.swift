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
    let live: NewestTicks
    let hub: StreamHub
    let status: StatusRoutes
    let endpoints: Endpoints
    let logger: Logger
    /// With it the control port is HTTPS.
    var tls: TLSContext?
    /// Asked for on everything but `RequestGuard.openPaths`; with none given, by nobody.
    var token: Token?
    /// Names, besides its own, under which this collector is known.
    var names: [String] = []
    /// Whether `/metrics` shows processes.
    var showsProcesses = false
    var limits = ControlLimits()
    /// Called once, with the real address, when requests are answered.
    let onReady: @Sendable (ListenAddress) -> Void

    func run() async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let registry = ConnectionRegistry(limit: limits.connections)
        let application = Application(
            router: router(),
            // Whoever connects and asks nothing is sent away; an answer may take as long as it needs.
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
        guard let tls else { return .http1(configuration: configuration) }
        return HTTPServerBuilder { ControlChannel(base: HTTP1Channel(responder: $0, configuration: configuration), tls: tls) }
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: FailureMiddleware())
        router.add(middleware: RequestGuard(token: token, hosts: HostNames(names)))
        InstanceRoutes(recorder: recorder).add(to: router)
        RunRoutes(recorder: recorder).add(to: router)
        status.add(to: router)
        StreamRoutes(hub: hub).add(to: router)
        TableRoutes(live: live).add(to: router)
        MetricsRoutes(status: status, live: live, showsProcesses: showsProcesses).add(to: router)
        CatalogueRoutes(recorder: recorder, data: data).add(to: router)
        ContainerRoutes(live: live).add(to: router)
        PageRoutes().add(to: router)
        return router
    }
}
