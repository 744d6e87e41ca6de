import HTTPTypes
import Hummingbird
import NIOCore
import StatsCore

/// Decides who may use the control port. It runs before routing, so it also covers unknown paths.
///
/// A browser runs code of every page that its user opens. Such code can send requests to this port from inside the network:
/// - under a host name of the attacker's that resolves to this port (DNS rebinding): only `HostNames` are answered;
/// - as a form, an image or a script of a foreign page: `Origin` and `Sec-Fetch-Site` (Fetch Metadata) show that.
struct RequestGuard: RouterMiddleware {
    /// Paths that need no token.
    static var openPaths: Set<String> { pathsWithoutData }

    let token: Token?
    /// Who may do more than look; `nil` when a token or certificates decide, or nobody.
    let users: LocalUsers?
    let hosts: HostNames

    func handle(
        _ request: Request, context: ControlContext, next: (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        guard let host = request.head.authority, !host.isEmpty, !request.headers.contains(.furtherHost) else {
            throw ControlFailure(code: "bad_request", message: "the request has no Host header, or more than one")
        }
        if let failure = Self.crossSiteFailure(request, host: host) { throw failure }
        let authorization = request.headers[.authorization]
        let isKnown = token.map { token in authorization.map { token.matches(authorization: $0) } ?? false } ?? false
        if token != nil, !isKnown, !Self.openPaths.contains(request.uri.path) {
            return try Self.unauthorized(wasGiven: authorization != nil)
        }
        // DNS rebinding can't use a known token, so any host name is allowed with one.
        guard isKnown || hosts.contains(host) else {
            throw ControlFailure(
                code: "bad_host",
                message: "this collector doesn't answer to the name in `Host: \(host.prefix(200))`: use its address or its host name, "
                    + "or start it with --control-name")
        }
        if let users, Self.isForOwner(request.method, request.uri.path), let refusal = await users.refusal(of: context.channel) {
            throw ControlFailure(code: "other_user", message: refusal)
        }
        if let expected = request.headers[.expect] {
            throw ControlFailure(
                code: "bad_expectation", message: "nobody here can fulfil `Expect: \(expected.prefix(200))`; only 100-continue is known")
        }
        var request = request
        try await Self.collectBody(of: &request)
        return try await next(request, context)
    }

    /// Whether a request changes something, or takes what is stored of a run: other users of this machine may see what goes on, and no more.
    static func isForOwner(_ method: HTTPRequest.Method, _ path: String) -> Bool {
        let parts = path.split(separator: "/")
        return ![.get, .head].contains(method) || (parts.first == "runs" && parts.count > 1)
    }

    /// Why a request of a foreign page is refused; `nil` for any other request. Foreign pages may only link to the page at `/`.
    private static func crossSiteFailure(_ request: Request, host: String) -> ControlFailure? {
        let refusal = ControlFailure(
            code: "cross_site", message: "a web page from elsewhere asked for this; open the collector's own address in the browser")
        if let origin = request.headers[.origin], !["http://\(host)", "https://\(host)"].contains(where: { $0.isSame(as: origin) }) {
            return refusal
        }
        guard let site = request.headers[.secFetchSite], site != "same-origin", site != "none" else { return nil }
        let isLink =
            request.method == .get && request.uri.path == "/" && request.headers[.secFetchMode] == "navigate"
            && request.headers[.secFetchDest] == "document"
        return isLink ? nil : refusal
    }

    private static func unauthorized(wasGiven: Bool) throws -> Response {
        let what = wasGiven ? "that is not this collector's token" : "this collector asks for its token"
        var response = try Response.failure(
            ControlFailure(
                code: "unauthorized",
                message: "\(what): give sonde the file with --token-file, or send `Authorization: Bearer` and what stands in the file"))
        response.headers[.wwwAuthenticate] = wasGiven ? #"Bearer realm="sonde", error="invalid_token""# : #"Bearer realm="sonde""#
        return response
    }

    private static func collectBody(of request: inout Request) async throws {
        let refusal = ControlFailure(
            code: "body_too_large",
            message: "no request needs a body of more than \(ControlLimits.requestBody / 1024) KiB, and this one has more")
        if let length = request.headers[.contentLength], (Int(length) ?? .max) > ControlLimits.requestBody { throw refusal }
        do {
            _ = try await request.collectBody(upTo: ControlLimits.requestBody)
        } catch is NIOTooManyBytesError {
            throw refusal
        }
    }
}

/// Paths that reveal no data: whether the collector lives, and the page without its values.
private let pathsWithoutData = Set(PageRoutes.files.keys).union(["/healthz", "/readyz"])

extension HTTPField.Name {
    /// swift-nio's HTTP types take the first `Host` as the request's authority; this finds further ones.
    fileprivate static let furtherHost = Self("Host")!
    fileprivate static let secFetchSite = Self("Sec-Fetch-Site")!
    fileprivate static let secFetchMode = Self("Sec-Fetch-Mode")!
    fileprivate static let secFetchDest = Self("Sec-Fetch-Dest")!
}

extension String {
    /// Host names are compared without case.
    fileprivate func isSame(as other: String) -> Bool { lowercased() == other.lowercased() }
}
