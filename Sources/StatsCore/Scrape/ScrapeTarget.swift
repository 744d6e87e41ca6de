/// An application whose metrics are recorded: `NAME=URL`.
package struct ScrapeTarget: Sendable, Equatable {
    package static let most = 32

    package let name: String
    package let isTLS: Bool
    /// A name or an address, without brackets.
    package let host: String
    package let port: Int
    /// Path and query, as a request has them.
    package let path: String

    /// Why a text names no target. It never repeats the URL, in which there may be a secret.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// - Parameter argument: `app=http://127.0.0.1:8080/metrics`; without a path it is `/metrics`.
    package init(_ argument: String) throws(Failure) {
        guard let sign = argument.firstIndex(of: "="), case let name = String(argument[..<sign]), Self.isName(name) else {
            throw Failure(
                description:
                    "--scrape takes NAME=URL, such as app=http://127.0.0.1:8080/metrics, where NAME has 1 to 48 letters, digits, '.', '_' and '-'"
            )
        }
        func failure(_ words: String) -> Failure { Failure(description: "--scrape \(name)=…: \(words)") }
        let url = argument[argument.index(after: sign)...]
        let scheme = url.prefix { $0 != ":" }.lowercased()
        guard scheme == "http" || scheme == "https", url.dropFirst(scheme.count).hasPrefix("://") else {
            throw failure("the URL begins with http:// or https://")
        }
        let behind = url.dropFirst(scheme.count + 3)
        let authority = behind.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else {
            throw failure(
                "a URL with a user and a password isn't taken, since all users of this machine can read it in the list of processes")
        }
        let path = behind.dropFirst(authority.count)
        guard !path.contains("#") else { throw failure("a URL with a fragment (#…) isn't taken: no server sees it") }
        guard path.utf8.allSatisfy({ (0x21..<0x7f).contains($0) && $0 != UInt8(ascii: "\"") }) else {
            throw failure("the URL's path holds a blank or another byte that stands in no URL: write it as %20")
        }
        guard let (host, port) = Self.address(authority, port: scheme == "https" ? 443 : 80) else {
            throw failure("the URL has no host, or a port that is none; an IPv6 address stands in brackets")
        }
        (self.name, isTLS, self.host, self.port) = (name, scheme == "https", host, port)
        self.path = path.isEmpty || path == "/" ? "/metrics" : path.hasPrefix("?") ? "/metrics\(path)" : String(path)
    }

    /// - Throws: also where two have the same name.
    package static func all(_ arguments: [String]) throws(Failure) -> [ScrapeTarget] {
        var targets: [ScrapeTarget] = []
        for argument in arguments {
            let target = try ScrapeTarget(argument)
            guard !targets.contains(where: { $0.name == target.name }) else {
                throw Failure(description: "--scrape names two targets \(target.name): give each a name of its own")
            }
            targets.append(target)
        }
        guard targets.count <= most else { throw Failure(description: "--scrape takes at most \(most) targets, not \(targets.count)") }
        return targets
    }

    /// What a request says that it is for.
    package var authority: String {
        let bracketed = host.contains(":") ? "[\(host)]" : host
        return port == (isTLS ? 443 : 80) ? bracketed : "\(bracketed):\(port)"
    }

    /// Without the query, which may hold a secret.
    package var shownURL: String { "\(isTLS ? "https" : "http")://\(authority)\(path.prefix { $0 != "?" })" }

    private static func isName(_ name: String) -> Bool {
        (1...48).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

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
