import StatsCore
import Testing

@Suite("Labels of a run") struct RunLabelsTests {
    @Test("A label is a key and a value, which may hold whatever is no control character")
    func valid() throws {
        let labels = try RunLabels.parse(["variant=a", "_x.y-1=b=c", "note=größer, als \"nötig\"", "k= "])
        #expect(labels == ["variant": "a", "_x.y-1": "b=c", "note": "größer, als \"nötig\"", "k": " "])
        #expect(RunLabels.text(labels)?.hasPrefix("_x.y-1=b=c, k= , note=") == true)
        #expect(RunLabels.text([:]) == nil && RunLabels.text(nil) == nil)
    }

    @Test(
        "What is no label is refused with its reason",
        arguments: [
            ("variant", "has no value"), ("=a", "has a key"), ("1a=b", "has a key"), ("a b=c", "has a key"), ("ä=b", "has a key"),
            ("a\u{1b}[2J=c", "has a key"), ("a=", "empty value"), ("a=b\nc", "control character"), ("a=b\u{202e}c", "control character"),
        ])
    func refused(text: String, reason: String) throws {
        let fault = try #require(#expect(throws: RunLabels.Fault.self) { try RunLabels.parse([text]) })
        #expect(fault.description.contains(reason), "\(fault)")
        #expect(!fault.description.unicodeScalars.contains { VisibleText.isHostile($0) })
    }

    @Test("The same key twice is refused, and so are more, or longer ones, than fit")
    func bounds() throws {
        func fault(_ labels: [String]) throws -> String {
            try #require(#expect(throws: RunLabels.Fault.self) { try RunLabels.parse(labels) }).description
        }
        #expect(try fault(["a=1", "b=1", "a=2"]).contains("`a` is given twice"))
        let most = (0..<32).map { "k\($0)=v" }
        #expect(try RunLabels.parse(most).count == 32)
        #expect(try fault(most + ["more=v"]).contains("33 labels"))
        #expect(try RunLabels.parse([String(repeating: "k", count: 64) + "=" + String(repeating: "v", count: 256)]).count == 1)
        #expect(try fault([String(repeating: "k", count: 65) + "=v"]).contains("has a key"))
        #expect(try fault(["k=" + String(repeating: "ä", count: 129)]).contains("258 bytes"))
        #expect(try fault((0..<16).map { "k\($0)=" + String(repeating: "v", count: 256) }).contains("all together they may have 4096"))
    }
}
