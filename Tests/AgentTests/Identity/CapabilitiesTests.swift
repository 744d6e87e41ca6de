import Testing

@testable import Agent

@Suite("Capabilities of a process") struct CapabilitiesTests {
    @Test(
        "Every process can be read with SYS_PTRACE and a DAC capability, and not with one of them",
        arguments: [
            ("000001ffffffffff", true), ("0000000000080004", true), ("0000000000080002", true), ("0000000000080000", false),
            ("0000000000000004", false), ("0000000000000000", false),
        ])
    func enough(mask: String, isEnough: Bool) {
        let status = "Name:\tx\nCapPrm:\tffffffffffffffff\nCapEff:\t\(mask)\nCapBnd:\tffffffffffffffff\n"
        #expect(Capabilities(status: status)?.readsEveryProcess == isEnough)
    }

    @Test("A file that doesn't say is not taken for none", arguments: ["", "CapPrm:\t0\n", "CapEff:\t\n", "CapEff:\txyz\n"])
    func unsaid(
        status: String
    ) {
        #expect(Capabilities(status: status) == nil)
    }
}
