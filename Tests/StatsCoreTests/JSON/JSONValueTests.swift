import FoundationEssentials
import Testing

@testable import StatsCore

@Suite("A JSON value") struct JSONValueTests {
    static let text =
        #"{"big":18446744073709551615,"d":1500.5,"i":-5,"l":[1,[],{}],"n":null,"o":{"k\t":"v"},"s":"a\"é\n","small":1e-07,"t":true}"#
    static let object: JSONObject = [
        "i": .integer(-5), "big": .large(.max), "d": .decimal(1500.5), "t": .bool(true), "n": .null, "s": .string("a\"é\n"),
        "l": .array([.integer(1), .array([]), .object([:])]), "o": .object(["k\t": .string("v")]), "small": .decimal(1e-7),
    ]

    @Test("An object means the same as JSON's own decoder says, and anything else is refused")
    func reading() throws {
        #expect(try JSONValue.object(Array(Self.text.utf8).span.bytes) == Self.object)
        #expect(try JSONDecoder().decode(JSONObject.self, from: Data(Self.text.utf8)) == Self.object)
        #expect(try JSONValue.object(Array(#"{"s":"\u00e9\/"}"#.utf8).span.bytes) == ["s": .string("é/")])
        for bad in ["", "[]", "{", #"{"a":}"#, "{} x", #"{"a":"\u12"}"#] {
            #expect(throws: JSONFault.self, "\(bad)") { try JSONValue.object(Array(bad.utf8).span.bytes) }
        }
    }

    @Test("What is written is read again as the same value, and what has no JSON becomes null")
    func writing() {
        func written(_ value: JSONValue) -> String {
            var out = ByteWriter()
            out.append(value)
            return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        }
        #expect(written(.object(Self.object)) == Self.text)
        #expect(written(.array([.decimal(.nan), .decimal(-.infinity)])) == "[null,null]")
    }

    @Test("A value is asked for as what it is, and says nothing when it is something else")
    func asking() {
        let value = JSONValue.object(Self.object)
        #expect(value["i"]?.integer == -5 && value["d"]?.integer == nil && value["d"]?.number == 1500.5 && value["t"]?.bool == true)
        #expect(value["o"]?["k\t"]?.string == "v" && value["l"]?.elements?.count == 3 && value["nobody"] == nil && value["s"]?["i"] == nil)
    }
}
