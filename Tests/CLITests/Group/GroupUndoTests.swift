import StatsCore
import Testing

@testable import CLI

@Suite("A start that is taken back") struct GroupUndoTests {
    @Test("What is said of it: where it was taken back, whom nobody could tell, and what to do there")
    func outcome() {
        let clean = "Nothing was started, and no collector keeps anything of this start."
        #expect("\(GroupUndo.Outcome(isBeginning: true))" == clean)
        #expect("\(GroupUndo.Outcome(isBeginning: true, taken: ["c1:1", "c2:2"]))" == clean + " It was taken back on c1:1, c2:2.")
        #expect(
            "\(GroupUndo.Outcome(isBeginning: false, taken: (0..<6).map { "c\($0):1" }))" == clean + " It was taken back on 6 collectors.")
        let waits = GroupUndo.Outcome(isBeginning: false, left: [("c3:3", "no answer")])
        #expect(
            "\(waits)" == "c3:3 couldn't be told to take the run away (no answer): it does so by itself within half a minute.")
        let records = GroupUndo.Outcome(isBeginning: true, taken: ["c1:1"], left: [("c3:3", "no answer")])
        #expect(
            "\(records)" == """
                It was taken back on c1:1.
                c3:3 couldn't be told to take the run away (no answer): if it has begun, it records until `sonde --host c3:3 stop`; \
                if it still waits, it does so by itself within half a minute.
                """)
    }
}
