import FoundationEssentials
import StatsCore

/// Which proxy a target is reached through, as the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY say, or the same in small letters, as curl takes them.
struct ProxyChoice: Sendable {
    struct Proxy: Sendable, Equatable {
        let host: String
        let port: Int
        /// `Proxy-Authorization`; `nil` where the URL has no user.
        let authorization: String?
    }

    private let plain: Proxy?
    private let secure: Proxy?
    private let direct: [String]

    /// - Throws: for a variable that holds no URL.
    init(_ environment: [String: String]) throws(WebAddress.Failure) {
        func value(_ name: String) -> String? {
            // HTTP_PROXY in capitals is what a CGI program gets of a request's header `Proxy`; this is none.
            [environment[name.lowercased()], environment[name]].compactMap(\.self).first { !$0.isEmpty }
        }
        plain = try value("HTTP_PROXY").map { url throws(WebAddress.Failure) in try Self.proxy(url, "HTTP_PROXY") }
        secure = try value("HTTPS_PROXY").map { url throws(WebAddress.Failure) in try Self.proxy(url, "HTTPS_PROXY") }
        direct = (value("NO_PROXY") ?? "").split { $0 == "," || $0 == " " }.map { $0.lowercased() }
    }

    func proxy(for target: WebAddress) -> Proxy? {
        guard let proxy = target.isTLS ? secure : plain else { return nil }
        let host = target.host.lowercased()
        let isDirect = direct.contains { entry in
            let name = entry.hasPrefix(".") ? String(entry.dropFirst()) : entry
            return entry == "*" || host == name || host.hasSuffix("." + name) || "\(host):\(target.port)" == entry
        }
        return isDirect ? nil : proxy
    }

    private static func proxy(_ url: String, _ variable: String) throws(WebAddress.Failure) -> Proxy {
        var (text, authorization) = (url.contains("://") ? url : "http://\(url)", String?.none)
        if let at = text.lastIndex(of: "@"), let scheme = text.firstRange(of: "://") {
            guard let login = Self.login(text[scheme.upperBound..<at]) else {
                throw WebAddress.Failure(
                    description:
                        "the variable \(variable) names a proxy whose user or password has a % that isn't followed by two hexadecimal digits: write %25 for it"
                )
            }
            authorization = "Basic \(Data(login).base64EncodedString())"
            text.removeSubrange(scheme.upperBound...at)
        }
        let address: WebAddress
        do throws(WebAddress.Failure) {
            address = try WebAddress(text)
        } catch {
            throw WebAddress.Failure(description: "the variable \(variable) names no proxy: \(error)")
        }
        guard !address.isTLS else {
            throw WebAddress.Failure(
                description: "the variable \(variable) names a proxy that is reached by TLS, which isn't supported: name one with http://")
        }
        return Proxy(host: address.host, port: address.port, authorization: authorization)
    }

    /// User and password of a URL (RFC 3986, section 2.1: other bytes stand there as %40) as `Authorization: Basic` has them (RFC 7617).
    /// - Returns: `nil` for an escape that is none.
    private static func login(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        // Without a password it is an empty one.
        return text.contains(":") ? bytes : bytes + [UInt8(ascii: ":")]
    }
}
