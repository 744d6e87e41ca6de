import ArgumentParser
import StatsCore

/// The address of a collector's control port.
struct Endpoint: Sendable, Equatable, CustomStringConvertible {
    let host: String
    let port: UInt16

    init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    init(_ address: ListenAddress) { self.init(host: address.host, port: UInt16(clamping: address.port)) }

    /// Parses values as users write them. `name` is the option or variable that a value comes from, for error messages.
    init(host: (name: String, value: String)?, port: (name: String, value: String)?) throws {
        let name = host?.value ?? "127.0.0.1"
        let bare = name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : name
        let allowed = bare.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "%"): true
            default: false
            }
        }
        guard !bare.isEmpty, allowed else {
            throw ValidationError(
                "\(host?.name ?? "--host") takes a host name or an address, not '\(VisibleText.escape(name))'; the port goes into --port.")
        }
        let number = port?.value ?? "9880"
        guard let parsed = UInt16(number), parsed > 0 else {
            throw ValidationError("\(port?.name ?? "--port") takes a number from 1 to 65535, not '\(VisibleText.escape(number))'.")
        }
        self.init(host: bare, port: parsed)
    }

    /// The form of a URL: an IPv6 address is in brackets.
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension CommandFailure {
    /// No collector answers at an address.
    static func unreachable(_ endpoint: Endpoint, because reason: String) -> CommandFailure {
        CommandFailure(
            code: "unreachable",
            message: """
                No collector answers on \(endpoint): \(reason).
                Is sonde-collector running there? Does it listen beyond loopback (--control 0.0.0.0:\(endpoint.port))? Name another one \
                with --host and --port, or start one with: sonde-collector --control \(endpoint) --data DIR
                """,
            status: .unavailable)
    }
}
