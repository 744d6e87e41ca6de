import Synchronization
import Testing

@testable import Agent

@Suite("Threads") struct PlainThreadTests {
    @Test("A thread that can't be made is told of, and what it would have run is let go")
    func failure() {
        final class Held: Sendable {}
        weak var held: Held?
        do {
            let strong = Held()
            held = strong
            // No address space has so much room.
            let isStarted = PlainThread.start(name: "test", stackSize: 1 << 60) { withExtendedLifetime(strong) {} }
            #expect(!isStarted)
        }
        #expect(held == nil)
    }
}
