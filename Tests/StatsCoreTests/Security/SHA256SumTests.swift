import StatsCore
import Testing

@Suite("SHA-256") struct SHA256SumTests {
    @Test(
        "The sums are those of FIPS 180-4's examples, in one piece or in many",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func examples(text: String, sum: String) {
        let bytes = Array(text.utf8)
        #expect(SHA256Sum(of: bytes).hexadecimal == sum)
        var pieces = SHA256Sum()
        for byte in bytes {
            withUnsafeBytes(of: byte) { pieces.update($0) }
            // Looking at what has come so far doesn't change it.
            _ = pieces.hexadecimal
        }
        #expect(pieces.hexadecimal == sum)
    }
}
