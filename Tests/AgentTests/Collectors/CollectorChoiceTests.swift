import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("To which collector an agent belongs") struct CollectorChoiceTests {
    private static let second: UInt64 = 1_000_000_000
    private static let patience = 10 * second

    private func expect<Value: Equatable>(_ value: Value, _ expected: Value, at location: SourceLocation = #_sourceLocation) {
        #expect(value == expected, sourceLocation: location)
    }

    /// Of three collectors, the first of which has the agent since second 1.
    private func choice() -> CollectorChoice {
        var choice = CollectorChoice(patience: Self.patience, now: 0)
        expect(choice.claim(0, now: Self.second), true)
        expect(choice.welcomed(0, now: Self.second), 0)
        return choice
    }

    @Test("It belongs to the first one, and connects to another only if something waits for that")
    func first() {
        let choice = choice()
        #expect(choice.purpose(of: 0, hasBacklog: false, now: 2 * Self.second) == .serve)
        #expect(choice.purpose(of: 1, hasBacklog: false, now: 1000 * Self.second) == nil)
        #expect(choice.purpose(of: 2, hasBacklog: true, now: 1000 * Self.second) == .deliver)
    }

    @Test("When its collector is away for as long as was said, and no sooner, it goes to the one that answers first, and stays there")
    func failover() {
        var choice = choice()
        choice.ended(0, now: 20 * Self.second)
        choice.ended(0, now: 25 * Self.second)
        #expect(choice.purpose(of: 1, hasBacklog: false, now: 30 * Self.second - 1) == nil)
        #expect(choice.purpose(of: 1, hasBacklog: false, now: 30 * Self.second) == .serve)
        #expect(choice.purpose(of: 0, hasBacklog: false, now: 30 * Self.second) == .serve)
        expect(choice.claim(2, now: 30 * Self.second), true)
        expect(choice.welcomed(2, now: 31 * Self.second), 0)
        // The one before is there again, and only gets what it doesn't have.
        #expect(choice.purpose(of: 0, hasBacklog: true, now: 40 * Self.second) == .deliver)
        #expect(choice.purpose(of: 0, hasBacklog: false, now: 40 * Self.second) == nil)
        #expect(choice.present == 2)
    }

    @Test("No two collectors are told at once that it belongs to them; who doesn't answer makes way for the next")
    func claims() {
        var choice = choice()
        choice.ended(0, now: 0)
        let now = Self.patience
        let claims = [1, 1, 2, 0].map { choice.claim($0, now: now) }
        #expect(claims == [true, true, false, false])
        choice.ended(1, now: now)
        let others = [0, 1].map { choice.claim($0, now: now) }
        #expect(others == [true, false])
        expect(choice.welcomed(0, now: now), 0)
        let late = choice.claim(1, now: now)
        #expect(!late)
    }

    @Test("Before it has ever reached a collector, the others are tried just as late")
    func start() {
        let choice = CollectorChoice(patience: Self.patience, now: 5 * Self.second)
        #expect(choice.purpose(of: 1, hasBacklog: false, now: 14 * Self.second) == nil)
        #expect(choice.purpose(of: 1, hasBacklog: false, now: 15 * Self.second) == .serve)
    }

    @Test("It comes back to a collector that is named before when there is no run, and looks for it once in a while")
    func back() {
        var choice = CollectorChoice(present: 2, patience: Self.patience, now: 0)
        expect(choice.claim(2, now: 0), true)
        expect(choice.welcomed(2, now: 0), 2)
        let later = CollectorChoice.lookInterval
        choice.runPlace = 2
        #expect(choice.purpose(of: 0, hasBacklog: false, now: later) == nil)
        choice.runPlace = nil
        #expect(choice.purpose(of: 0, hasBacklog: false, now: later - 1) == nil)
        #expect(choice.purpose(of: 0, hasBacklog: false, now: later) == .serve)
        choice.ended(0, now: later)
        #expect(choice.purpose(of: 0, hasBacklog: false, now: 2 * later - 1) == nil)
        expect(choice.claim(1, now: 2 * later), true)
        expect(choice.welcomed(1, now: 2 * later), 2)
        #expect(choice.purpose(of: 2, hasBacklog: false, now: 10 * later) == nil)
    }

    @Test("A collector that stays away keeps it from no look at another one that is named before")
    func backBeforeOneThatIsAway() {
        var choice = CollectorChoice(present: 2, patience: Self.patience, now: 0)
        expect(choice.claim(2, now: 0), true)
        expect(choice.welcomed(2, now: 0), 2)
        let later = CollectorChoice.lookInterval
        // Something waits for the first one, which is tried all the time.
        for instant in stride(from: Self.second, through: later, by: 3 * Int(Self.second)) { choice.ended(0, now: instant) }
        choice.ended(0, now: later)
        #expect(choice.purpose(of: 0, hasBacklog: true, now: later) == .deliver)
        #expect(choice.purpose(of: 1, hasBacklog: false, now: later) == .serve)
    }

    @Test("A run that it joins meanwhile keeps it from a collector that was about to take it")
    func joinsMeanwhile() {
        var choice = CollectorChoice(present: 1, patience: Self.patience, now: 0)
        expect(choice.claim(1, now: 0), true)
        expect(choice.welcomed(1, now: 0), 1)
        let later = CollectorChoice.lookInterval
        expect(choice.claim(0, now: later), true)
        choice.joined(1, now: later)
        choice.runPlace = 1
        expect(choice.welcomed(0, now: later), nil)
        #expect(choice.present == 1)
        #expect(choice.purpose(of: 0, hasBacklog: false, now: 10 * later) == nil)
    }

    @Test("As long as it is in a run of a collector that it had to leave, it comes back to that one")
    func run() {
        var choice = choice()
        choice.runPlace = 0
        choice.ended(0, now: 0)
        expect(choice.claim(1, now: Self.patience), true)
        expect(choice.welcomed(1, now: Self.patience), 0)
        #expect(choice.purpose(of: 0, hasBacklog: true, now: Self.patience) == .serve)
        expect(choice.claim(0, now: Self.patience), true)
        expect(choice.welcomed(0, now: Self.patience), 1)
        #expect(choice.purpose(of: 1, hasBacklog: false, now: Self.patience) == nil)
    }
}

@Suite("The list of collectors") struct CollectorListTests {
    @Test("Addresses stand with commas between them, each once")
    func list() {
        let list = CollectorList(argument: "a:1,[::1]:2")
        #expect(list?.addresses == [CollectorAddress(host: "a", port: 1), CollectorAddress(host: "::1", port: 2)])
        #expect(list?.addresses.map(\.description) == ["a:1", "[::1]:2"])
        for wrong in ["", "a", "a:1,", ",a:1", "a:1,a:1", (1...17).map { "a:\($0)" }.joined(separator: ",")] {
            #expect(CollectorList(argument: wrong) == nil, "\(wrong)")
        }
    }
}
