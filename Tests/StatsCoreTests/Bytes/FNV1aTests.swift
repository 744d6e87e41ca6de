import StatsCore
import Testing

@Suite("A hash that is the same everywhere")
struct FNV1aTests {
    @Test(
        "A text has the hash of the draft's test vectors",
        arguments: [
            ("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("b", 0xaf63_df4c_8601_f1a5), ("foobar", 0x8594_4171_f739_67e8),
        ] as [(String, UInt64)])
    func vectors(text: String, expected: UInt64) { #expect(FNV1a.of(text) == expected) }

    @Test("Pieces added one after the other have the hash of the whole")
    func pieces() {
        var hash = FNV1a()
        hash.add("foo")
        for byte in "bar".utf8 { hash.add(byte) }
        #expect(hash.value == FNV1a.of("foobar"))
    }
}
