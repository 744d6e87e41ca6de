import Testing

@testable import Agent

@Suite struct `Capabilities of a process` {
    @Test(arguments: [
        ("000001ffffffffff", true), ("0000000000080004", true), ("0000000000080002", true), ("0000000000080000", false),
        ("0000000000000004", false), ("0000000000000000", false),
    ]) func `Every process can be read with SYS_PTRACE and a DAC capability, and not with one of them`(mask: String, isEnough: Bool) {
        let status = "Name:\tx\nCapPrm:\tffffffffffffffff\nCapEff:\t\(mask)\nCapBnd:\tffffffffffffffff\n"
        #expect(Capabilities(status: status)?.readsEveryProcess == isEnough)
    }

    @Test(arguments: ["", "CapPrm:\t0\n", "CapEff:\t\n", "CapEff:\txyz\n"]) func `A file that doesn't say is not taken for none`(
        status: String
    ) {
        #expect(Capabilities(status: status) == nil)
    }
}
