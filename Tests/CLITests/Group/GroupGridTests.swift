import StatsCore
import Testing

@testable import CLI

@Suite("The grid of a run over several collectors") struct GroupGridTests {
    /// A collector whose clock is `offset` ahead of ours, known to within `error`.
    static func collector(_ name: String, _ offset: Int64, error: Int64, lead: Int64 = 0) throws -> GroupGrid.Collector {
        var estimator = OffsetEstimator()
        let now: Int64 = 1_000_000_000
        estimator.note(t1: now, t2: now + offset + error, t3: now + offset + error, t4: now + 2 * error)
        return GroupGrid.Collector(name: name, clock: try #require(estimator.estimate), lead: lead)
    }

    @Test(
        "Tick 0 is one instant in the time of each, far enough ahead for the slowest, and at a whole tenth of a second of the first one's")
    func begins() throws {
        let collectors = try [
            Self.collector("a", 1_700_000_000_000_000, error: 100, lead: 300_000),
            Self.collector("b", 1_700_000_000_012_345, error: 25_000, lead: 4_000_000),
            Self.collector("c", 1_699_999_000_000_007, error: 1, lead: 300_000),
        ]
        let now: Int64 = 5_000_000_123
        let grid = GroupGrid(collectors, now: now)
        #expect(grid.members.map(\.clockAheadUs) == [0, 12_345, -999_999_993] && grid.members.map(\.clockErrorUs) == [100, 25_000, 1])
        #expect(grid.members[0].t0Us % 100_000 == 0)
        let instants = zip(grid.members, collectors).map { $0.t0Us - $1.clock.offset }
        #expect(Set(instants).count == 1, "\(instants)")
        #expect(instants[0] - now > 4_000_000 + 2 * 50_000)
        let group = RecordingGroup(id: "g", place: 1, collectors: grid.members)
        #expect(group.fault == nil && group.widestError == 25_100)
    }

    @Test("They stop at a tick that is due on none of them before all have been told")
    func stops() throws {
        let near = try Self.collector("a", 1_000_000_000, error: 100)
        let far = try Self.collector("b", 2_000_000_000, error: 50_000)
        // One instant: 10,000,000 by our clock.
        let runs = [(t0: Int64(1_010_000_000), collector: near), (t0: Int64(2_010_000_000), collector: far)]
        // 2.9 s later, with 0.2 s for two round trips to the further one, and as much for a busy host.
        #expect(GroupGrid.lastTick(runs, interval: 1_000_000, now: 12_900_000) == 3)
        #expect(GroupGrid.lastTick([runs[0]], interval: 1_000_000, now: 12_700_000) == 2)
        #expect(GroupGrid.lastTick(runs, interval: 1_000_000, now: 5_000_000) == nil)
        #expect(GroupGrid.lastTick([], interval: 1_000_000, now: 5_000_000) == nil)
        #expect(GroupGrid.lastTick(runs, interval: 0, now: 12_900_000) == nil)
    }
}

@Suite("A group of collectors in run.json") struct RecordingGroupTests {
    private static func member(_ name: String, _ t0: Int64, _ ahead: Int64, error: Int64 = 1) -> RecordingGroup.Member {
        RecordingGroup.Member(collector: name, t0Us: t0, clockAheadUs: ahead, clockErrorUs: error)
    }

    @Test("A group that can't be is refused, whoever wrote it", arguments: 0..<8)
    func faults(_ number: Int) {
        let good = RecordingGroup(id: "g-1", place: 1, collectors: [Self.member("a", 1000, 0), Self.member("b", 1300, 300)])
        #expect(good.fault == nil)
        var bad = good
        switch number {
        case 0: bad.id = "a/b"
        case 1: bad.id = ""
        case 2: bad.place = 2
        case 3: bad.collectors = []
        case 4: bad.collectors[1].t0Us = 1299
        case 5: bad.collectors[1].clockErrorUs = -1
        case 6: bad.collectors[0].collector = ""
        default: (bad.collectors[1].clockAheadUs, bad.collectors[1].t0Us) = (.max, .max)
        }
        #expect(bad.fault != nil)
    }
}
