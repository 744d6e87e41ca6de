import NIOCore
import NIOHTTP1
import StatsCore

/// Who may ask the agent's port for metrics, and what is answered: `GET /metrics` and `GET /healthz`, nothing else.
///
/// The rules are those of the collector's control port (docs/SECURITY.md), as far as there is something to be protected.
struct MetricsPort: Sendable {
    struct Answer: Equatable {
        var status: HTTPResponseStatus
        var body = ByteBuffer()
        var type = "text/plain; charset=utf-8"
        /// One header more, such as 401 and 405 have to have.
        var header: (name: String, value: String)?

        static func refusal(_ status: HTTPResponseStatus, _ words: String, header: (String, String)? = nil) -> Answer {
            Answer(status: status, body: ByteBuffer(string: words + "\n"), header: header)
        }

        static func == (one: Answer, other: Answer) -> Bool { one.status == other.status && one.body == other.body }
    }

    let store: MetricsStore
    /// Asked for on `/metrics`; with none given, by nobody.
    let token: Token?
    let hosts = HostNames([])

    func answer(_ head: HTTPRequestHead) -> Answer {
        let host = head.headers["Host"]
        guard host.count == 1 else { return .refusal(.badRequest, "the request has no Host header, or more than one") }
        // No page has any business here.
        if head.headers.contains(name: "Origin") || head.headers["Sec-Fetch-Site"].contains(where: { $0 != "none" && $0 != "same-origin" })
        {
            return .refusal(.forbidden, "a web page asked for this")
        }
        let path = head.uri.prefix { $0 != "?" }
        let isKnown = token.map { token in head.headers["Authorization"].contains { token.matches(authorization: $0) } } ?? false
        if token != nil, !isKnown, path != "/healthz" {
            return .refusal(
                .unauthorized, "this agent asks for its token: send `Authorization: Bearer` and what stands in its --token-file",
                header: ("WWW-Authenticate", #"Bearer realm="sonde""#))
        }
        // A page that lets a name of its own point here has no token.
        guard isKnown || hosts.contains(host[0]) else {
            return .refusal(.misdirectedRequest, "this agent doesn't answer to this name: use its address or its host name")
        }
        guard head.method == .GET || head.method == .HEAD else {
            return .refusal(.methodNotAllowed, "use GET", header: ("Allow", "GET, HEAD"))
        }
        switch path {
        case "/metrics": return Answer(status: .ok, body: metrics(), type: Exposition.contentType)
        case "/healthz": return Answer(status: .ok, body: ByteBuffer(string: "ok\n"))
        default: return .refusal(.notFound, "there is nothing here but /metrics and /healthz")
        }
    }

    private func metrics() -> ByteBuffer {
        let exposition = store.exposition()
        var out = ByteWriter(capacity: 256 * 1024)
        for piece in 0..<exposition.pieces { exposition.write(piece: piece, to: &out) }
        return out.withUnsafeBytes { ByteBuffer(bytes: $0) }
    }
}
