import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The names that `sonde ca issue` puts into a certificate.
enum CertificateNames {
    /// Where only this machine is reached.
    static let loopback = ["localhost", "127.0.0.1", "::1"]

    /// Whether this can be a subject's common name, and the name of the certificate's files.
    static func isSubject(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && !name.hasPrefix(".") && !name.hasPrefix("-")
            && !name.unicodeScalars.contains { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .surrogate, .unassigned, .spaceSeparator, .lineSeparator, .paragraphSeparator: true
                default: scalar == "/" || scalar == ","
                }
            }
    }

    /// The names and addresses by which a collector is reached, each once, as openssl's configuration writes them (x509v3_config(5)).
    /// - Throws: `SecretFile.Failure` for what is neither.
    static func alternatives(_ hosts: [String]) throws -> String {
        var known: Set<String> = []
        let names = try hosts.filter { known.insert($0.lowercased()).inserted }.map { host in
            if isAddress(host) { return "IP:\(host)" }
            guard isHostName(host) else {
                throw SecretFile.Failure(
                    description:
                        "'\(VisibleText.escape(host))' is no host name or address: a name has labels of letters, digits, - and _ with dots in "
                        + "between, 253 bytes at most; repeat --host for each")
            }
            return "DNS:\(host)"
        }
        return names.joined(separator: ",")
    }

    /// RFC 1123, section 2.1, and underscores, which names of containers have.
    static func isHostName(_ text: String) -> Bool {
        text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
                        default: false
                        }
                    }
            }
    }

    /// Source: inet_pton(3).
    private static func isAddress(_ text: String) -> Bool {
        guard !text.utf8.contains(0) else { return false }
        var bytes = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1
    }
}
