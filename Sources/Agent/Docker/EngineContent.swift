import NIOHTTP1

/// The kind of a request.
enum EngineContent: Sendable, Equatable {
    case get
    /// Asks the engine to do something; the text is a JSON object or empty.
    case post(String)

    var body: String { if case .post(let json) = self { json } else { "" } }
}

extension HTTPRequestHead {
    /// A request head for the engine. A host name means nothing on a Unix socket, but HTTP/1.1 demands one.
    static func engine(_ target: String, _ content: EngineContent = .get) -> HTTPRequestHead {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: ["Host": "docker", "User-Agent": "sonde-agent"])
        if case .post(let json) = content {
            head.method = .POST
            head.headers.add(name: "Content-Length", value: "\(json.utf8.count)")
            if !json.isEmpty { head.headers.add(name: "Content-Type", value: "application/json") }
        }
        return head
    }
}
