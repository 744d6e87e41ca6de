import Testing

@testable import CLI

@Suite("Paths of requests") struct PathEncodingTests {
    @Test(
        "A run's name is encoded component by component",
        arguments: [
            ("test000", "test000"), ("2026/load-1_a~b.c", "2026/load-1_a~b.c"), ("a b", "a%20b"), ("ä", "%C3%A4"), ("50%", "50%25"),
            ("a?b#c&d", "a%3Fb%23c%26d"), ("../x", "%2E%2E/x"), ("a/./b", "a/%2E/b"), ("...", "..."), ("a\0b", "a%00b"), ("a\nb", "a%0Ab"),
            ("a//b", "a//b"), ("\\", "%5C"),
        ])
    func run(name: String, encoded: String) {
        #expect(PathEncoding.run(name) == encoded)
    }

    @Test("A component's slash is encoded")
    func slash() {
        #expect(PathEncoding.component("a/b") == "a%2Fb")
    }

    @Test("A query has the values that are given, and only those")
    func query() {
        #expect(PathEncoding.query([("a", nil)]) == "")
        #expect(PathEncoding.query([("interval", "1s"), ("note", nil), ("expect", "a&b=c")]) == "?interval=1s&expect=a%26b%3Dc")
    }
}
