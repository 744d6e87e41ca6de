import Testing

@testable import CLI

@Suite("What the daemons log, passed on") struct JournalTests {
    @Test("Only warnings and errors of a log are passed on, without time and label, their facts behind them")
    func warnings() {
        #expect(Journal.warning(in: "2026-11-21T09:00:00+0000 warning sonde-agent: [Agent] not running as root") == "not running as root")
        #expect(
            Journal.warning(in: "2026-11-21T09:00:00+0000 warning sonde-agent: reason=no Docker engine [Agent] out of reach")
                == "out of reach (reason=no Docker engine)")
        #expect(Journal.warning(in: "2026-11-21T09:00:00+0000 info sonde-agent: [Agent] connected") == nil)
        #expect(Journal.warning(in: "warning") == nil)
    }
}
