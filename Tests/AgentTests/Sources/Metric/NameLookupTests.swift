import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Agent

@Suite("The addresses of a target", .timeLimit(.minutes(10))) struct NameLookupTests {
    private func lookup(_ host: String, _ look: @escaping @Sendable (String, Int) -> NameLookup.Answer) -> NameLookup {
        NameLookup(host: host, port: 80, loop: MultiThreadedEventLoopGroup.singleton.next(), look: look)
    }

    @Test("An address is known without a lookup", arguments: ["127.0.0.1", "::1"])
    func literal(host: String) async throws {
        let isAsked = Atomic<Bool>(false)
        let query = lookup(host) { _, _ in
            isAsked.store(true, ordering: .relaxed)
            return .failed(0)
        }.ask()
        let found = try await query.v4.futureResult.get() + query.v6.futureResult.get()
        let address = try SocketAddress(ipAddress: host, port: 80)
        #expect(found == [address])
        let wasAsked = isAsked.load(ordering: .relaxed)
        #expect(!wasAsked)
    }

    @Test("While a lookup takes long there is no other, and the addresses of the one before are the answer")
    func stuck() async throws {
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 80)
        let gate = EventSignal()
        let lookups = Atomic<Int>(0)
        let lookup = lookup("app") { _, _ in
            if lookups.add(1, ordering: .relaxed).newValue > 1 { _ = gate.wait(until: nil) }
            return .found([address])
        }
        #expect(try await lookup.ask().v4.futureResult.get() == [address])
        let stuck = lookup.ask()
        for _ in 0..<3 { #expect(try await lookup.ask().v4.futureResult.get() == [address]) }
        await #expect(throws: NameLookup.Failure.self) { try await stuck.v4.futureResult.get() }
        let count = lookups.load(ordering: .relaxed)
        #expect(count <= 2)
        gate.signal()
    }
}
