import Foundation
import StatsCore
import TestSupport
import Testing

@testable import CLI

@Suite("A private CA") struct CertificateAuthorityTests {
    /// The bytes that a PEM file holds.
    private func der(_ pem: String) throws -> [UInt8] {
        let lines = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }
        return Array(try #require(Data(base64Encoded: lines.joined())))
    }

    @Test(
        "What it issues is for whom it was asked, has a key of its own, and is valid no longer than the CA", arguments: ["ünï", "a.b-c_d"])
    func issues(name: String) throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let directory = scratch.path("ca")
        try CertificateAuthority.create(in: directory, days: 10)
        try CertificateAuthority(in: directory).issue(name, role: .agent, hosts: [], days: 36_500)
        let made = try X509Certificate(pem: Array(scratch.text("ca/\(name).pem").utf8))
        let ca = try X509Certificate(pem: Array(scratch.text("ca/ca.pem").utf8))
        let keys = try ["ca/\(name)-key.pem", "ca/ca-key.pem"].map { try SigningKey(pem: Array(scratch.text($0).utf8)) }
        #expect(made.isOf(keys[0]) && ca.isOf(keys[1]) && !made.isOf(keys[1]))
        #expect(try made.notAfter == ca.notAfter)
        let subject = try CertificateSubject(der: der(scratch.text("ca/\(name).pem")))
        #expect(subject.commonName == name && subject.organizationalUnit == "agent")
    }

    @Test("A directory whose files aren't a certificate and a key, or not of each other, holds no CA")
    func damaged() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let directory = scratch.path("ca")
        try CertificateAuthority.create(in: directory, days: 10)
        try CertificateAuthority.create(in: scratch.path("other"), days: 10)
        for (file, text) in [
            ("ca.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), ("ca-key.pem", ""),
            ("ca-key.pem", try scratch.text("other/ca-key.pem")),
        ] {
            let whole = try scratch.text("ca/\(file)")
            try scratch.write(Array(text.utf8), to: "ca/\(file)")
            #expect { try CertificateAuthority(in: directory) } throws: { "\($0)".contains("holds no CA that can be read") }
            try scratch.write(Array(whole.utf8), to: "ca/\(file)")
            _ = try CertificateAuthority(in: directory)
        }
    }

    @Test("Bytes that are no certificate, or have others behind them, have no subject")
    func subjects() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        try CertificateAuthority.create(in: scratch.path("ca"), days: 10)
        let whole = try der(scratch.text("ca/ca.pem"))
        #expect(try CertificateSubject(der: whole).commonName == "Sonde CA")
        for wrong in [[], [0x30], Array(whole.dropLast()), whole + [0]] {
            #expect(throws: CertificateSubject.Failure.self) { try CertificateSubject(der: wrong) }
        }
    }
}
