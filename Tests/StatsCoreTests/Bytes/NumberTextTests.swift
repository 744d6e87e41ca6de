import TestSupport
import Testing

@testable import StatsCore

@Suite("Numbers of which no digit is lost") struct NumberTextTests {
    private func parse(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        let span = bytes.span.bytes
        return switch NumberText.parse(span) {
        case .number(let number): number.text
        case .nan: "NaN"
        case .plusInfinity: "+Inf"
        case .minusInfinity: "-Inf"
        case nil: nil
        }
    }

    @Test(
        "A number is written as JSON writes it, with all its digits, and the same number always alike",
        arguments: [
            ("0", "0"), ("-0.0", "-0"), ("007", "7"), ("1.", "1"), (".5", "0.5"), ("+3", "3"), ("1.50", "1.5"), ("100", "100"),
            ("1.7643072e+07", "17643072"), ("2.5e-05", "0.000025"), ("1e-13", "0.0000000000001"), ("1e-14", "1e-14"),
            ("1.5E-30", "1.5e-30"), ("1e20", "100000000000000000000"), ("1e21", "1e21"), ("12e20", "1.2e21"),
            ("18446744073709551615", "18446744073709551615"), ("0.30000000000000004", "0.30000000000000004"), ("1e-400", "0"),
            ("5e-324", "5e-324"), ("1.7976931348623157e308", "1.7976931348623157e308"),
            ("0.1000000000000000055511151231257827021181583404541015625", "0.1"), ("0e999999999999999999999", "0"),
        ])
    func plain(text: String, expected: String) { #expect(parse(text) == expected) }

    @Test(
        "What is no finite number is named, in any of its spellings",
        arguments: [
            ("NaN", "NaN"), ("nan", "NaN"), ("+Inf", "+Inf"), ("inf", "+Inf"), ("-Inf", "-Inf"), ("Infinity", "+Inf"), ("1e400", "+Inf"),
            ("-1e999999999999999999999", "-Inf"),
        ])
    func special(text: String, expected: String) { #expect(parse(text) == expected) }

    @Test(
        "What isn't a number is refused",
        arguments: ["", "+", ".", "e5", "1e", "1e+", "--1", "0x1p3", "1_000", "1 ", "1,5", "abc", "infinit", "nano", "1.2.3", "٣", "-nan0"])
    func refused(text: String) { #expect(parse(text) == nil) }

    @Test("Every double is read back as itself", arguments: [1, 2] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(state: seed)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            for text in ["\(value)", "\(Float(value))"] where !text.contains("n") {
                let written = try #require(parse(text))
                #expect(Double(written) == Double(text), "\(text) became \(written)")
                // As JSON has it.
                let json = Array("{\"a\":\(written)}".utf8)
                let span = json.span.bytes
                let object = try JSONValue.object(span)
                #expect(object["a"]?.number == Double(text))
            }
        }
    }

    @Test("A number of the program is written like one of a text")
    func made() {
        #expect(NumberText(0).text == "0" && NumberText(-120).text == "-120" && NumberText(.max).text == "\(Int.max)")
        #expect(NumberText(.min).text == "\(Int.min)")
        #expect(NumberText(seconds: 1_500_000).text == "1.5" && NumberText(seconds: 7).text == "0.000007")
    }
}
