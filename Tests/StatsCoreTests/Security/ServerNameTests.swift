import Testing

@testable import StatsCore

@Suite("The name that a server's certificate has to have") struct ServerNameTests {
    @Test("An address is no name: only a certificate for the address will do", arguments: ["127.0.0.1", "::1", "fe80::1"])
    func addresses(host: String) { #expect(ServerName(host) == nil) }

    @Test("A name is met by itself in any letters, and by a star for its first label")
    func matches() throws {
        let name = try #require(ServerName("C1.example.org"))
        for good in ["c1.example.org", "C1.EXAMPLE.ORG", "*.example.org"] { #expect(name.matches(good), "\(good)") }
        for bad in [
            "", "c1", "example.org", "*", "*.org", "*.c1.example.org", "c1.example.org.", "xc1.example.org", "*1.example.org", "127.0.0.1",
        ] {
            #expect(!name.matches(bad), "\(bad)")
        }
        #expect(try #require(ServerName("c1.")).matches("c1"))
        #expect(try !#require(ServerName(".example.org")).matches("*.example.org"))
        // It looks like an address to people, but is a name to the resolver.
        #expect(try #require(ServerName("127.1")).matches("127.1"))
    }

    @Test("Without a certificate there is no name")
    func none() throws {
        let name = try #require(ServerName("localhost"))
        #expect(throws: ServerName.Mismatch.self) { try name.check(nil) }
    }
}
