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

    /// Parses a list as users write it: `c1,c2:9881`, and ports for those hosts that name none, one for all or one for each.
    ///
    /// `name` is the option or variable that a value comes from, for error messages.
    static func list(hosts: (name: String, value: String)?, ports: (name: String, value: String)?) throws -> [Endpoint] {
        let names = items(hosts?.value ?? "127.0.0.1")
        let numbers = ports.map { items($0.value) } ?? []
        guard numbers.count <= 1 || numbers.count == names.count else {
            throw ValidationError(
                "\(ports?.name ?? "--port") has \(numbers.count) ports for \(HumanUnits.count(names.count, "host")): give one for all, or one for each."
            )
        }
        guard names.count <= RecordingGroup.most else {
            throw ValidationError("\(hosts?.name ?? "--host") names \(names.count) collectors; a run takes \(RecordingGroup.most) at most.")
        }
        var list: [Endpoint] = []
        for (index, name) in names.enumerated() {
            let port = numbers.isEmpty ? nil : numbers[numbers.count == 1 ? 0 : index]
            let endpoint = try Endpoint(host: (hosts?.name ?? "--host", name), port: port.map { (ports?.name ?? "--port", $0) })
            guard !list.contains(endpoint) else {
                throw ValidationError("\(hosts?.name ?? "--host") names \(endpoint) twice: each collector records one part of a run.")
            }
            list.append(endpoint)
        }
        return list
    }

    private static func items(_ list: String) -> [String] {
        list.split(separator: ",", omittingEmptySubsequences: false).map { item in
            String(item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// Takes `host:port` and `[address]:port` apart; an address of IPv6 without brackets has no port.
    private static func parts(_ text: String) -> (host: String, port: String?) {
        guard let colon = text.lastIndex(of: ":") else { return (text, nil) }
        let host = text[..<colon]
        guard text.hasPrefix("[") ? host.hasSuffix("]") : !host.contains(":") else { return (text, nil) }
        return (String(host), String(text[text.index(after: colon)...]))
    }

    /// Parses values as users write them. `name` is the option or variable that a value comes from, for error messages.
    init(host: (name: String, value: String)?, port: (name: String, value: String)?) throws {
        let (name, own) = Self.parts(host?.value ?? "127.0.0.1")
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
                "\(host?.name ?? "--host") takes a host name or an address, not '\(VisibleText.escape(name))'; a port stands behind it and a colon, or in --port."
            )
        }
        let number = own ?? port?.value ?? "\(DefaultPort.control)"
        guard let parsed = UInt16(number), parsed > 0 else {
            throw ValidationError(
                "\(own == nil ? port?.name ?? "--port" : "The port in \(host?.name ?? "--host")") takes a number from 1 to 65535, not '\(VisibleText.escape(number))'."
            )
        }
        self.init(host: bare, port: parsed)
    }

    /// The form of a URL: an IPv6 address is in brackets.
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension CommandFailure {
    /// No collector answers at an address.
    static func unreachable(_ endpoint: Endpoint, because reason: String, isUnheard: Bool = false) -> CommandFailure {
        var failure = CommandFailure(
            code: "unreachable",
            message: """
                No collector answers on \(endpoint): \(reason).
                Is sonde-collector running there? Does it listen beyond loopback (--control 0.0.0.0:\(endpoint.port))? Name another one \
                with --host and --port, or start one with: sonde-collector --control \(endpoint) --data DIR
                """,
            status: .unavailable)
        failure.isUnheard = isUnheard
        return failure
    }
    /// Something answers at an address, and not as the control port of a collector does that is asked in this way.
    static func strange(_ endpoint: Endpoint, because reason: String) -> CommandFailure {
        CommandFailure(
            code: "unreachable",
            message: """
                No collector can be asked on \(endpoint): \(reason).
                The control port is by default \(DefaultPort.control): name it with --host and --port. A collector's log says its ports when it begins.
                """,
            status: .unavailable)
    }
}
