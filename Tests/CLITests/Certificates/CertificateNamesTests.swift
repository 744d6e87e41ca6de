import StatsCore
import Testing

@testable import CLI

@Suite("The names in a certificate") struct CertificateNamesTests {
    @Test(
        "A name that breaks a line, hides something or leads to another file makes no certificate",
        arguments: [
            "", "a\nb", "a\r", "a\0b", "a b", " a", "a\tb", "a\u{1b}[1m", "a\u{202E}b", "a\u{a0}b", "a,b", "a/b", "../a", ".a", "-a",
            String(repeating: "a", count: 65),
        ])
    func bad(name: String) { #expect(!CertificateNames.isSubject(name)) }

    @Test("A node's name makes one, whatever its letters", arguments: ["host7", "a.b-c_d", "ünï", "*", String(repeating: "a", count: 64)])
    func good(name: String) { #expect(CertificateNames.isSubject(name)) }

    @Test("A collector is reached by what it was made for, each once, and by nothing else")
    func alternatives() throws {
        let names = try CertificateNames.alternatives(["c1", "C1", "192.168.0.2", "fd00::1", "c1", "c_1.example.org"])
        #expect(names == "DNS:c1,IP:192.168.0.2,IP:fd00::1,DNS:c_1.example.org")
    }

    @Test(
        "What is neither a host name nor an address is refused",
        arguments: [
            "", "a\nb", "a b", "a,b", "a..b", ".a", "a.", "-a", "a-", "a\0b", "127.0.0.1\0", "http://a", "a:1", "*.a", "ü",
            String(repeating: "a", count: 64), Array(repeating: "abcdefg", count: 32).joined(separator: "."),
        ])
    func hosts(host: String) {
        #expect { try CertificateNames.alternatives([host]) } throws: { "\($0)".contains("is no host name or address") }
    }
}
