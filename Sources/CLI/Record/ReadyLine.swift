/// What sonde-collector says when it is ready: where it listens.
struct CollectorReadyLine: Equatable {
    let agents: Endpoint
    let control: Endpoint

    /// Reads `sonde-collector ready: agents on 127.0.0.1:PORT, control on http://127.0.0.1:PORT, data in DIR`; `nil` for anything else.
    init?(_ line: String) {
        let start = "sonde-collector ready: agents on "
        let middle = ", control on http://"
        guard line.hasPrefix(start) else { return nil }
        let parts = line.dropFirst(start.count).split(separator: ", ", maxSplits: 2).map { ", " + $0 }
        guard parts.count == 3, parts[1].hasPrefix(middle), parts[2].hasPrefix(", data in ") else { return nil }
        guard let agents = Self.endpoint(parts[0].dropFirst(2)), let control = Self.endpoint(parts[1].dropFirst(middle.count)) else {
            return nil
        }
        self.agents = agents
        self.control = control
    }

    private static func endpoint(_ text: Substring) -> Endpoint? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        return try? Endpoint(host: ("host", String(text[..<colon])), port: ("port", String(text[text.index(after: colon)...])))
    }
}
