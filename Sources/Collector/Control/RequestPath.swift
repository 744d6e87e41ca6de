import Hummingbird
import StatsCore

extension Request {
    /// What stands behind `/<route>/` in the path, percent-decoded.
    /// - Throws: `bad_name` when it is absent, or what it decodes to is not UTF-8.
    func tail(after route: String) throws(ControlFailure) -> String {
        let parts = uri.path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.first.map(String.init) == route, parts.count == 2 else {
            throw ControlFailure(code: "bad_name", message: "a name is missing: /\(route)/NAME")
        }
        guard let decoded = PercentCoding.decode(parts[1]) else {
            throw ControlFailure(code: "bad_name", message: "the name in the path is not percent-encoded UTF-8")
        }
        return decoded
    }

    var acceptsJSON: Bool { headers[.accept]?.contains("application/json") == true }
}

extension Router {
    /// A route that changes something. It only answers to POST, so that a link or an image in a web page can't trigger it.
    func change(_ path: RouterPath, use handler: @Sendable @escaping (Request, Context) async throws -> Response) {
        post(path, use: handler)
        refuse(path, [.get, .head, .put, .patch, .delete], because: "changes something: use POST", allow: "POST")
    }

    /// A route that only reads.
    /// - Parameter changes: methods that another route of the same path has.
    func read(
        _ path: RouterPath, besides changes: [HTTPRequest.Method] = [],
        use handler: @Sendable @escaping (Request, Context) async throws -> Response
    ) {
        get(path, use: handler)
        let refused = [HTTPRequest.Method.post, .put, .patch, .delete].filter { !changes.contains($0) }
        let allow = ([.get, .head] + changes).map(\.rawValue).joined(separator: ", ")
        refuse(path, refused, because: changes.isEmpty ? "only tells something: use GET" : "takes \(allow)", allow: allow)
    }

    private func refuse(_ path: RouterPath, _ methods: [HTTPRequest.Method], because reason: String, allow: String) {
        for method in methods {
            on(path, method: method) { request, _ -> Response in
                var response = try Response.failure(
                    ControlFailure(code: "bad_method", message: "\(request.uri.path.prefix(200)) \(reason), not \(method.rawValue)"))
                response.headers[.allow] = allow
                return response
            }
        }
    }
}
