import Testing

@testable import Agent

@Suite("Why a connection to a collector ended") struct UplinkEndTests {
    @Test(
        "Of one that is silent at the port for operators it is said that agents go to another; of any other it isn't",
        arguments: [9880, 9822])
    func controlPort(_ port: Int) {
        let words = UplinkEnd.words(UplinkEnd.Silence(length: .seconds(15)), at: CollectorAddress(host: "c1", port: port))
        #expect(words.hasPrefix("the collector has said nothing for 15.0 seconds"))
        #expect(words.contains("9822") == (port == 9880), "\(words)")
    }
}
