import Testing

@testable import StatsCore

@Suite("JSON") struct JSONScannerTests {
    private func validate(_ text: String) throws(JSONFault) { try JSONScanner.validate(Array(text.utf8).span.bytes) }

    private func failure(_ bytes: [UInt8]) -> JSONFault? {
        do throws(JSONFault) {
            try JSONScanner.validate(bytes.span.bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "JSON of every kind is accepted",
        arguments: [
            #"{}"#, #" { "a" : [ 1 , -2.5e+3 , 0, 0.1, true, false, null, "x\u00e9\n\"" , {"b":[]} ] } "#, #"{"é":"日本"}"#,
        ])
    func accepted(text: String) throws { try validate(text) }

    @Test(
        "What is no JSON object is refused",
        arguments: [
            "", " ", "[]", "1", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":01}"#, #"{"a":1.}"#, #"{"a":.5}"#, #"{"a":+1}"#,
            #"{"a":1e}"#,
            #"{"a":nul}"#, #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#, "{\"a\":\"\n\"}", #"{"a":1}{}"#, #"{'a':1}"#, #"{"a":1]"#, #"{"a":[1}"#,
            #"{"a":NaN}"#,
        ])
    func refused(text: String) { #expect(failure(Array(text.utf8)) != nil) }

    @Test("Bytes that are not UTF-8 are refused as such")
    func utf8() { #expect(failure(Array(#"{"a":""#.utf8) + [0xc3, 0x28] + Array(#""}"#.utf8)) == .notUTF8) }

    @Test("Sixteen levels are allowed and the seventeenth is refused")
    func depth() {
        func nested(_ levels: Int) -> [UInt8] {
            Array(#"{"a":"#.utf8) + [UInt8](repeating: UInt8(ascii: "["), count: levels - 1)
                + [UInt8](repeating: UInt8(ascii: "]"), count: levels - 1) + Array("}".utf8)
        }
        #expect(failure(nested(16)) == nil)
        #expect(failure(nested(17)) == .tooDeep(limit: 16))
        #expect(failure(nested(100_000)) == .tooDeep(limit: 16))
    }

    @Test("A text cut at any byte is refused")
    func truncated() {
        let whole = Array(#"{"type":"tick","rows":{"cpu":[[1,null,"a\u0041\\"]]},"x":-1.5e3}"#.utf8)
        #expect(failure(whole) == nil)
        for length in 0..<whole.count { #expect(failure(Array(whole[..<length])) != nil, "cut to \(length) bytes") }
    }
}
