import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `HOST:PORT` to listen on; an IPv6 address stands in brackets. Port 0 means any free port.
struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    let host: String
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.host = String(host)
        self.port = Int(port)
    }

    init?(_ address: SocketAddress) {
        guard let host = address.ipAddress, let port = address.port else { return nil }
        self.host = host
        self.port = port
    }

    /// Whether only this machine can reach it.
    var isLoopback: Bool {
        if host == "localhost" { return true }
        guard let address = try? SocketAddress(ipAddress: host, port: 0) else { return false }
        switch address {
        case .v4: return host.hasPrefix("127.")
        case .v6: return address == (try? SocketAddress(ipAddress: "::1", port: 0))
        case .unixDomainSocket: return true
        }
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Why this address can't be listened on, in words; for a port that is in use, by whom, when that can be known.
    func failure(_ error: any Error, option: String) -> StartFailure {
        guard let code = (error as? IOError)?.errnoCode else { return StartFailure("can't listen on \(self): \(error)") }
        switch code {
        case EADDRINUSE:
            let holder = PortHolder.find(port: port).map { " by \($0)" } ?? ""
            return StartFailure(
                "can't listen on \(self): the port is in use\(holder). End that process, or give another address with \(option)")
        case EACCES:
            return StartFailure("can't listen on \(self): ports below 1024 need root. Give another with \(option)")
        case EADDRNOTAVAIL:
            return StartFailure(
                "can't listen on \(self): this host has no such address. Give another with \(option), such as 0.0.0.0:\(port)")
        default:
            return StartFailure("can't listen on \(self): \(String(cString: strerror(code)))")
        }
    }
}
