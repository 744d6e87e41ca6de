import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import StatsCore
import SystemPackage

/// A client of the collector's control port: one function per route.
///
/// Every function throws `CommandFailure`: with the collector's message when it refused, or as unreachable when it didn't answer.
struct ControlClient: Sendable {
    let endpoint: Endpoint
    private let credentials: Credentials
    private let http: HTTPClient

    /// The largest answer, in bytes, since answers are collected in memory. The longest, a catalogue of runs, is far smaller.
    private static let longestAnswer = 64 << 20

    /// Runs `body` with a client of the collector at `endpoint`, and closes the connections afterwards.
    ///
    /// - Parameter silence: how long an answer may make no progress; `nil` means no limit.
    static func connected<Value>(
        to endpoint: Endpoint, _ credentials: Credentials = Credentials(), silence: TimeAmount? = nil,
        _ body: (ControlClient) async throws -> Value
    ) async throws -> Value {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(3), read: silence), decompression: .disabled)
        // By default a refused connection is tried again until the deadline; the user wants to know at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let files = credentials.tls {
            do {
                configuration.tlsConfiguration = try files.configuration(.client)
            } catch {
                throw CommandFailure(code: "bad_file", message: "\(error).")
            }
            // The check is made on connections of HTTP/1.1 alone, so a server may choose nothing else; a collector has no other.
            configuration.httpVersion = .http1Only
            if let name = ServerName(endpoint.host) { configuration.http1_1ConnectionDebugInitializer = { check($0, for: name) } }
        }
        return try await HTTPClient.withHTTPClient(configuration: configuration) { http in
            try await body(ControlClient(endpoint: endpoint, credentials: credentials, http: http))
        }
    }

    /// Closes a connection whose certificate doesn't have this name, before anything is asked.
    private static func check(_ channel: any Channel, for name: ServerName) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            do {
                try name.check(channel.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self).peerCertificate)
            } catch {
                channel.close(promise: nil)
                throw error
            }
        }
    }

    func instances() async throws -> InstancesReport { try await ask(.GET, "/instances") }

    /// - Parameters:
    ///   - expect: how many nodes have to be connected for the run to start.
    ///   - labels: `key=value` each.
    func start(
        _ name: String, interval: Interval?, duration: Interval?, expect: Int?, note: String?, labels: [String] = []
    ) async throws -> RunReport {
        let query = PathEncoding.query(
            [
                ("interval", interval?.description), ("duration", duration?.description), ("expect", expect.map(String.init)),
                ("note", note),
            ] + labels.map { ("label", $0) })
        return try await ask(.POST, "/start/\(PathEncoding.run(name))\(query)", within: .seconds(30))
    }

    /// Stops the active run. The collector answers when the last rows of all nodes are on disk, or when it no longer waits for a node, and when
    /// the files are summed up, which takes some seconds for each gigabyte.
    /// - Parameters:
    ///   - last: the last tick, where several collectors stop at the same one.
    ///   - clock: how its clock stands towards the first one's then.
    func stop(at last: UInt64? = nil, clock: RecordingGroup.Clock? = nil) async throws -> RunManifest {
        let query = PathEncoding.query([
            ("last", last.map(String.init)), ("clock_ahead", clock.map { "\($0.aheadUs)" }), ("clock_error", clock.map { "\($0.errorUs)" }),
        ])
        return try await ask(.POST, "/stop\(query)", within: .minutes(10))
    }

    func status() async throws -> StatusReport { try await ask(.GET, "/status") }

    /// - Parameter tick: the one at which another collector of the same run has set the mark.
    func mark(_ label: String, at tick: UInt64? = nil) async throws -> MarkReport {
        try await ask(.POST, "/mark/\(PathEncoding.component(label))\(PathEncoding.query([("tick", tick.map(String.init))]))")
    }

    /// Tells what the recorded command is, or how it ended.
    func note(_ command: RecordedCommand) async throws -> MarkReport {
        let body = try JSONCoding.encode(command)
        return try decode(await answer(.POST, "/command", body: body).body, .POST, "/command")
    }

    /// All runs, the newest first.
    func runs() async throws -> [RunManifest] { try await ask(.GET, "/runs", within: Self.cataloguePatience) }

    /// The same without the nodes, of which the runs of a large fleet have too many to be read for a list.
    func runListings() async throws -> [RunListing] { try await ask(.GET, "/runs?nodes=count", within: Self.cataloguePatience) }

    /// Removes a run for good.
    /// - Returns: what it said of itself.
    func delete(_ name: String) async throws -> RunListing { try await ask(.DELETE, Self.path(name), within: Self.cataloguePatience) }

    func pin(_ name: String, _ isPinned: Bool) async throws -> RunListing {
        try await ask(.POST, Self.path(name) + (isPinned ? "/pin" : "/unpin"))
    }

    /// The collector answers when it is done, which takes about half a minute for each gigabyte.
    func compress(_ name: String, decompresses: Bool) async throws -> CompressedRun {
        try await ask(.POST, Self.path(name) + (decompresses ? "/decompress" : "/compress"), within: .hours(1))
    }

    private static func path(_ run: String) -> String { "/runs/\(PathEncoding.run(run))" }

    /// A run of ten thousand nodes takes the collector a tenth of a second.
    private static let cataloguePatience = TimeAmount.minutes(2)

    /// The newest run with that name.
    func run(named name: String) async throws -> RunManifest {
        let listed = try await runListings().filter { $0.name == name }
        guard let newest = listed.max(by: { $0.t0Us < $1.t0Us }) else {
            throw CommandFailure(code: "not_found", message: "There is no run '\(name)' on \(endpoint). `sonde runs` lists those that are.")
        }
        // Its directory has its name, unless somebody renamed it, or this user may not read it.
        if let run: RunManifest = try? await ask(.GET, "/runs/\(PathEncoding.run(name))"), run.id == newest.id { return run }
        guard let run = try await runs().first(where: { $0.id == newest.id }) else {
            throw CommandFailure(code: "not_found", message: "The run '\(name)' on \(endpoint) has just been removed.")
        }
        return run
    }

    /// Live values of all containers by id, or those of one container: `id` is a full id, the beginning of one, or a name.
    /// - Returns: also how many containers the collector leaves out.
    func containers(id: String?) async throws -> (values: JSONValue, leftOut: Int) {
        let path = "/containers\(PathEncoding.query([("id", id)]))"
        let (body, headers) = try await answer(.GET, path)
        return (try decode(body, .GET, path), headers.first(name: ControlHeader.leftOut).flatMap { Int($0) } ?? 0)
    }

    /// Passes the bytes of one file of a run to `write`, piece by piece. Returns `false` when the run doesn't have that file.
    func download(_ file: String, of run: String, _ write: (ByteBuffer) throws -> Void) async throws -> Bool {
        let path = "/runs/\(PathEncoding.run(run))/\(PathEncoding.component(file))"
        let response = try await send(.GET, path, within: .hours(1))
        guard response.status != .notFound else { return false }
        guard response.status == .ok else { throw try await refusal(response) }
        var pieces = response.body.makeAsyncIterator()
        while let piece = try await reading({ try await pieces.next() }) { try write(piece) }
        return true
    }

    func ask<Answer: Decodable>(
        _ method: HTTPMethod, _ path: String, within limit: TimeAmount = .seconds(10)
    ) async throws -> Answer {
        try decode(await answer(method, path, within: limit).body, method, path)
    }

    func decode<Answer: Decodable>(_ body: ByteBuffer, _ method: HTTPMethod, _ path: String) throws -> Answer {
        do {
            return try JSONCoding.decode(from: body.readableBytesView)
        } catch {
            throw CommandFailure(
                code: "bad_answer",
                message: "\(endpoint) answered \(method) \(path) with something else than this sonde \(Version.current) understands "
                    + "(\(error)). Is it a sonde-collector of the same version?")
        }
    }

    func answer(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, within limit: TimeAmount = .seconds(10)
    ) async throws -> (body: ByteBuffer, headers: HTTPHeaders) {
        let response = try await send(method, path, body: body, within: limit)
        guard (200..<300).contains(response.status.code) else { throw try await refusal(response) }
        return (try await reading { try await response.body.collect(upTo: Self.longestAnswer) }, response.headers)
    }

    func send(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, within limit: TimeAmount
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: "\(credentials.tls == nil ? "http" : "https")://\(endpoint)\(path)")
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "sonde/\(Version.current)")
        if let token = credentials.token { request.headers.add(name: "Authorization", value: "Bearer \(token.hexadecimal)") }
        if let body { request.body = .bytes(body) }
        let prepared = request
        return try await reading { try await http.execute(prepared, deadline: .now() + limit) }
    }

    func refusal(_ response: HTTPClientResponse) async throws -> CommandFailure {
        let body = try await reading { try await response.body.collect(upTo: 1 << 20) }
        if let failure: ControlFailure = try? JSONCoding.decode(from: body.readableBytesView) {
            return CommandFailure(failure)
        }
        return CommandFailure(
            code: "bad_answer",
            message: "\(endpoint) answered \(response.status.code) \(response.status.reasonPhrase), and not as a sonde-collector does. "
                + "Is something else listening on that port?")
    }

    /// The system's own message if there is one: an `IOError` begins with internals of swift-nio.
    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as IOError: Errno(rawValue: error.errnoCode).description
        case is SocketAddressError.UnknownHost: "no host of that name is known here"
        default: "\(error)"
        }
    }

    /// Turns the ways in which a connection fails into `CommandFailure`s.
    func reading<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as HTTPClientError where error == .cancelled {
            throw CancellationError()
        } catch let error as HTTPClientError where error == .connectTimeout {
            throw CommandFailure.unreachable(endpoint, because: "it could not be connected to within 3 s", isUnheard: true)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            throw CommandFailure.unreachable(endpoint, because: "it took the request and did not answer in time")
        } catch let error as HTTPClientError where error == .remoteConnectionClosed {
            let hint = credentials.tls == nil ? "it may speak TLS (--tls-ca)" : "the certificate may not be an operator's"
            throw CommandFailure.strange(endpoint, because: "it closed the connection without an answer; \(hint)")
        } catch is HTTPParserError {
            let agents = "the port of the agents (--listen, by default \(DefaultPort.agents))"
            let tls = credentials.tls == nil ? ", or else one that speaks TLS (--tls-ca)" : ""
            throw CommandFailure.strange(endpoint, because: "what answers there doesn't speak HTTP. It looks like \(agents)\(tls)")
        } catch is NIOTooManyBytesError {
            throw CommandFailure(
                code: "bad_answer",
                message:
                    "The answer of \(endpoint) is longer than \(HumanUnits.bytes(UInt64(Self.longestAnswer))). Ask for one item by its name."
            )
        } catch  where TLSFailure.isTLS(error) {
            throw CommandFailure.strange(endpoint, because: TLSFailure.words(error))
        } catch let error as NIOConnectionError {
            let reason: any Error = error.connectionErrors.first?.error ?? error.dnsAError ?? error.dnsAAAAError ?? error
            throw CommandFailure.unreachable(endpoint, because: Self.words(reason), isUnheard: true)
        } catch let error as IOError where Errno(rawValue: error.errnoCode) == .connectionRefused {
            throw CommandFailure.unreachable(endpoint, because: Self.words(error), isUnheard: true)
        } catch {
            throw CommandFailure.unreachable(endpoint, because: Self.words(error))
        }
    }
}
