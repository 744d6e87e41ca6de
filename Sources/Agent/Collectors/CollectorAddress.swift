import ArgumentParser

/// Where a collector listens.
struct CollectorAddress: Sendable, Hashable, CustomStringConvertible {
    let host: String
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Parameter text: HOST:PORT; an IPv6 address may stand in brackets.
    init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (1...65535).contains(port)
        else { return nil }
        let host = text[..<colon]
        guard !host.isEmpty else { return nil }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        self.init(host: String(isBracketed ? host.dropFirst().dropLast() : host), port: port)
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// The collectors of an agent, in the order in which it tries them: addresses with commas between them.
struct CollectorList: Sendable, Equatable, ExpressibleByArgument {
    /// More than anybody names by hand: each costs a thread, and a look every second.
    private static let most = 16

    let addresses: [CollectorAddress]

    /// - Parameter argument: each address at most once.
    init?(argument: String) {
        let texts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let addresses = texts.compactMap { CollectorAddress($0) }
        guard addresses.count == texts.count, addresses.count <= Self.most, Set(addresses).count == addresses.count else { return nil }
        self.addresses = addresses
    }
}
