/// A URL that a program asks: `http://127.0.0.1:8080/metrics`.
package struct WebAddress: Sendable, Equatable {
    package let isTLS: Bool
    /// A name or an address, without brackets.
    package let host: String
    package let port: Int
    /// Path and query, as a request has them; empty where the URL has none.
    package let path: String

    /// Why a text is no such URL. It never repeats the URL, in which there may be a secret.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let description: String
        package init(description: String) { self.description = description }
    }

    package init(_ url: some StringProtocol) throws(Failure) {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        guard scheme == "http" || scheme == "https", url.dropFirst(scheme.count).hasPrefix("://") else {
            throw Failure(description: "the URL begins with http:// or https://")
        }
        let behind = url.dropFirst(scheme.count + 3)
        let authority = behind.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else {
            throw Failure(
                description:
                    "a URL with a user and a password isn't taken, since all users of this machine can read it in the list of processes")
        }
        let path = behind.dropFirst(authority.count)
        guard !path.contains("#") else { throw Failure(description: "a URL with a fragment (#…) isn't taken: no server sees it") }
        guard path.utf8.allSatisfy({ (0x21..<0x7f).contains($0) && $0 != UInt8(ascii: "\"") }) else {
            throw Failure(description: "the URL's path holds a blank or another byte that stands in no URL: write it as %20")
        }
        guard let (host, port) = Self.address(Substring(authority), port: scheme == "https" ? 443 : 80) else {
            throw Failure(description: "the URL has no host, or a port that is none; an IPv6 address stands in brackets")
        }
        self.init(isTLS: scheme == "https", host: host, port: port, path: String(path))
    }

    private init(isTLS: Bool, host: String, port: Int, path: String) {
        (self.isTLS, self.host, self.port, self.path) = (isTLS, host, port, path)
    }

    /// Another path at the same server.
    package func at(_ path: String) -> WebAddress { WebAddress(isTLS: isTLS, host: host, port: port, path: path) }

    /// What a request says that it is for.
    package var authority: String {
        let bracketed = host.contains(":") ? "[\(host)]" : host
        return port == (isTLS ? 443 : 80) ? bracketed : "\(bracketed):\(port)"
    }

    /// Without the query, which may hold a secret.
    package var shownURL: String { "\(isTLS ? "https" : "http")://\(authority)\(path.prefix { $0 != "?" })" }

    private static func address(_ authority: Substring, port: Int) -> (host: String, port: Int)? {
        var host = authority
        var rest = Substring()
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
        } else if let colon = authority.firstIndex(of: ":") {
            (host, rest) = (authority[..<colon], authority[colon...])
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ (0x21..<0x7f).contains($0) }), rest.isEmpty || rest.first == ":" else { return nil }
        guard !rest.isEmpty else { return (String(host), port) }
        guard let told = Int(rest.dropFirst()), (1...65535).contains(told) else { return nil }
        return (String(host), told)
    }
}
