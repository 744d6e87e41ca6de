import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Two names of one collector") struct CollectorIDsTests {
    @Test("The name by which a collector was greeted first keeps it; the other one isn't used, also when the first one is away")
    func first() {
        var ids = CollectorIDs([nil, nil, nil])
        expect(ids.meet("x", at: 1), nil)
        expect(ids.prove(1), "x")
        for _ in 0..<2 { expect(ids.meet("x", at: 0), 1) }
        expect(ids.meet("x", at: 1), nil)
        expect(ids.meet("y", at: 2), nil)
    }

    @Test("Who has only said an id, and greeted nobody, takes no name from another one")
    func unproven() {
        var ids = CollectorIDs([nil, nil])
        expect(ids.meet("x", at: 0), nil)
        expect(ids.meet("x", at: 1), nil)
        expect(ids.prove(1), "x")
        expect(ids.meet("x", at: 0), 1)
    }

    @Test("Names that lead to other collectors than before are asked anew, and two that were exchanged serve both")
    func exchanged() {
        var ids = CollectorIDs(["x", "y"])
        expect(ids.meet("y", at: 0), 1)
        expect(ids.meet("x", at: 1), nil)
        expect(ids.prove(1), "x")
        expect(ids.meet("y", at: 0), nil)
        expect(ids.prove(0), "y")
    }

    @Test("Collectors that tell no id are as many as there are names; of two rooms that were noted for one collector the first counts")
    func without() {
        var ids = CollectorIDs([nil, nil])
        for place in 0..<2 {
            expect(ids.meet(nil, at: place), nil)
            expect(ids.prove(place), nil)
        }
        ids = CollectorIDs(["x", "x"])
        expect(ids.meet("x", at: 0), nil)
        expect(ids.meet("x", at: 1), 0)
    }

    @Test("An agent that was restarted knows from its rooms which names lead to one collector")
    func restarted() throws {
        let scratch = try ScratchDirectory()
        let state = try scratch.state()
        let before = try Destinations(in: state, count: 2)
        #expect(before.meet("x", at: 1) == nil)
        before.prove(1)
        let after = try Destinations(in: state, count: 2)
        #expect(after.meet("x", at: 0) == 1)
        #expect(after.meet("x", at: 1) == nil)
        // It has a collector of its own there by now.
        #expect(after.meet("y", at: 0) == nil)
    }

    @Test("What stands in a room and is no id is none", arguments: [[0xff, 0xfe], [UInt8](repeating: 0x61, count: 65)])
    func damaged(bytes: [UInt8]) throws {
        let scratch = try ScratchDirectory()
        let state = try scratch.state()
        let before = try Destinations(in: state, count: 2)
        #expect(before.meet("x", at: 0) == nil)
        before.prove(0)
        let file = try #require(scratch.tree().first { $0.hasSuffix("collector-id") })
        try scratch.write(bytes, to: file)
        #expect(try Destinations(in: state, count: 2).meet("x", at: 1) == nil)
    }

    private func expect<Value: Equatable>(_ value: Value?, _ expected: Value?, at location: SourceLocation = #_sourceLocation) {
        #expect(value == expected, sourceLocation: location)
    }
}
