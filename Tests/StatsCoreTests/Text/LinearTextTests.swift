import StatsCore
import TestSupport
import Testing

@Suite("Texts that cost what they weigh", .serialized) struct LinearTextTests {
    private static let marks = "\u{202e}"

    @Test("A text of direction marks that is sixteen times as long takes about sixteen times as long to escape")
    func escapes() {
        let growths = [
            ("VisibleText", Growth.of { VisibleText.escape(String(repeating: Self.marks, count: $0)) }),
            ("Markup", Growth.of { Markup.escape(String(repeating: "<", count: $0)) }),
            ("PercentCoding", Growth.of { PercentCoding.decode(PercentCoding.encode(String(repeating: Self.marks, count: $0))) }),
            ("JSON", Growth.of { EncodedText(String(repeating: "\n\u{202e}", count: $0)).json.count }),
            (
                "CSV",
                Growth.of { count in
                    var out = ByteWriter()
                    out.append(csvField: String(repeating: "\"\u{202e}", count: count))
                    return out.count
                }
            ),
            (
                "unescaped JSON",
                Growth.of { count in
                    let text = Array(String(repeating: "\\u202e", count: count).utf8)
                    var out = ByteWriter()
                    out.append(unescaping: text.span.bytes)
                    return out.count
                }
            ),
        ]
        for (name, growth) in growths { #expect(growth < Growth.linearLimit, "\(name)") }
    }

    @Test("What is escaped reads as before: marks as their number, everything else as it was")
    func meaning() {
        #expect(VisibleText.escape("a\u{202e}é\u{1b}[2J\n👩‍🚀\r\n") == "a\\u{202e}é\\x1b[2J\\x0a👩‍🚀\\x0d\\x0a")
        #expect(VisibleText.escape("a\n\tb", keeping: "\n") == "a\n\\x09b")
        #expect(Markup.escape("<a b='c' d=\"e\">&\t\u{1}é\u{202e}👩‍🚀") == "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp; \u{fffd}é\u{202e}👩‍🚀")
    }
}
