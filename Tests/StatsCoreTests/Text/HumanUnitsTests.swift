import Testing

@testable import StatsCore

@Suite("Units for people") struct HumanUnitsTests {
    @Test(
        "Bytes are shown in powers of 1024",
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (33_554_432, "32.0 MiB"), (1_048_575, "1.0 MiB"), (UInt64.max, "16.0 EiB"),
        ] as [(UInt64, String)])
    func bytes(count: UInt64, text: String) {
        #expect(HumanUnits.bytes(count) == text)
    }

    @Test(
        "Durations are shown in their two largest units",
        arguments: [
            (0, "0us"), (250_000, "250ms"), (9_800_000, "9.8s"), (10_000_000, "10s"), (63_000_000, "1m 3s"), (7_500_000_000, "2h 5m"),
            (86_400_000_000, "1d"), (3_605_000_000, "1h"),
        ] as [(Int64, String)])
    func durations(microseconds: Int64, text: String) {
        #expect(HumanUnits.duration(microseconds: microseconds) == text)
    }

    @Test("Decimals are rounded, padded and signed")
    func decimals() {
        #expect(HumanUnits.fixed(49.96, digits: 1) == "50.0")
        #expect(HumanUnits.fixed(-0.04, digits: 1) == "0.0")
        #expect(HumanUnits.fixed(-1.25, digits: 2) == "-1.25")
        #expect(HumanUnits.fixed(3.007, digits: 2) == "3.01")
        #expect(HumanUnits.percent(.nan) == "nan %")
    }

    @Test("A size that is shown is read again where it is a whole number of a unit, and others are not taken for one")
    func sizes() {
        for (text, bytes) in [("64KiB", 65_536), ("64MiB", 67_108_864), ("3GiB", 3_221_225_472), ("1PiB", 1_125_899_906_842_624)]
            as [(String, UInt64)]
        {
            #expect(ByteSize.parse(text) == bytes)
        }
        for text in ["", "KiB", "63KiB", "1.5GiB", "64KB", "64", "-64KiB", "18446744073709551615TiB", "2PiB", "1EiB"] {
            #expect(ByteSize.parse(text) == nil, "\(text)")
        }
        #expect(ByteSize.text(ByteSize.parse("3MiB") ?? 0) == "3.0 MiB" && ByteSize.text(1023 << 10) == "1023.0 KiB")
    }

    @Test("Charts write the same numbers with a minus sign as wide as a digit, and none that trap")
    func charts() {
        #expect(ChartNumber.text(-1.25, digits: 1) == "−1.3" && ChartNumber.text(-0.01, digits: 1) == "0.0")
        #expect(ChartUnit.bytes.text(0x1p60) == "1.00 EiB")
        for value in [Double.nan, .infinity, 1e300, -1e300] { #expect(!HumanUnits.fixed(value, digits: 6).isEmpty) }
    }
}
