import Foundation
import StatsCore
import TestSupport
import Testing

@Suite("The token") struct TokenTests {
    let token = Token()

    @Test("A proof holds for its side, its nonces and its agent, and for nothing else")
    func proof() {
        func handshake(_ change: Int? = nil) -> Token.Handshake {
            let parts = ["collector nonce", "agent nonce", "id", "node"].enumerated().map {
                $0.offset == change ? $0.element + "x" : $0.element
            }
            return Token.Handshake(collectorNonce: parts[0], agentNonce: parts[1], agent: parts[2], node: parts[3])
        }
        let proof = token.proof(of: .agent, in: handshake())
        #expect(token.isProof(proof, of: .agent, in: handshake()))
        #expect(!token.isProof(proof, of: .collector, in: handshake()))
        #expect(!Token().isProof(proof, of: .agent, in: handshake()))
        for change in 0..<4 { #expect(!token.isProof(proof, of: .agent, in: handshake(change))) }
        for wrong in ["", "00", proof + "00", String(proof.dropLast(2)), String(repeating: "z", count: 64)] {
            #expect(!token.isProof(wrong, of: .agent, in: handshake()))
        }
    }

    @Test("Parts that are cut elsewhere are another handshake")
    func partsCutElsewhere() {
        let one = Token.Handshake(collectorNonce: "ab", agentNonce: "c", agent: "", node: "")
        let other = Token.Handshake(collectorNonce: "a", agentNonce: "bc", agent: "", node: "")
        #expect(!token.isProof(token.proof(of: .agent, in: one), of: .agent, in: other))
    }

    @Test("HMAC-SHA256 as RFC 4231 has it, over the parts with their lengths")
    func hmac() throws {
        // Made with: printf '\x00\x00\x00\x0dsonde 1 agent\x00\x00\x00\x01c\x00\x00\x00\x01a\x00\x00\x00\x01i\x00\x00\x00\x01n' |
        //   openssl dgst -sha256 -mac HMAC -macopt hexkey:0b0b…0b (32 bytes)
        let token = try #require(Token(hexadecimal: String(repeating: "0b", count: 32)))
        let proof = token.proof(of: .agent, in: Token.Handshake(collectorNonce: "c", agentNonce: "a", agent: "i", node: "n"))
        #expect(proof == "2f4726b707bda9366b72f5c28f85c245eb4d4ace52cf387979df0155556c0fdb")
    }

    @Test("A bearer is the token's digits and nothing near them")
    func bearer() {
        #expect(token.matches(bearer: token.hexadecimal) && token.matches(bearer: token.hexadecimal.uppercased()))
        for wrong in ["", "token", Token().hexadecimal, token.hexadecimal + "0", String(token.hexadecimal.dropLast())] {
            #expect(!token.matches(bearer: wrong))
        }
    }

    @Test("It doesn't show itself when it is printed")
    func unprinted() {
        var dumped = ""
        dump(token, to: &dumped)
        for text in ["\(token)", String(reflecting: token), dumped] { #expect(!text.contains(token.hexadecimal)) }
    }

    @Test("A file of mode 600 is written and read; one that others may read is refused, and says what to do")
    func file() throws {
        let directory = try ScratchDirectory()
        let path = directory.path("token")
        try token.write(newFile: path)
        #expect(try Token(file: path).hexadecimal == token.hexadecimal)
        #expect(throws: SecretFile.Failure.self) { try Token().write(newFile: path) }
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let failure = #expect(throws: SecretFile.Failure.self) { try Token(file: path) }
        #expect(failure?.description.contains("chmod 600") == true)
        try Data("0123".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(throws: SecretFile.Failure.self) { try Token(file: path) }
    }
}
