import Hummingbird
import NIOCore
import NIOEmbedded
import StatsCore
import Testing

@testable import Collector

@Suite("Places for large answers") struct AnswerPlacesTests {
    private let registry = ConnectionRegistry(limit: 100)

    /// A connection that is being served.
    private func connection() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        registry.add(channel)
        registry.note(channel, isWaiting: false)
        return channel
    }

    @Test("Who has kept the collector waiting longest loses its place to who asks next; where all keep up, that one is told to come again")
    func slowest() throws {
        let places = AnswerPlaces(limit: 2, registry: registry)
        let (first, second, third) = (try connection(), try connection(), try connection())
        var held = [try places.enter(first), try places.enter(second)]
        #expect { try places.enter(third) } throws: { ($0 as? ControlFailure)?.code == "busy" }
        registry.note(second, isWaiting: true)
        registry.note(first, isWaiting: true)
        // It goes on waiting, whatever else its client sends.
        registry.note(second, isWaiting: true)
        held.append(try places.enter(third))
        #expect(first.isActive && !second.isActive && third.isActive)
        registry.note(first, isWaiting: false)
        #expect(throws: ControlFailure.self) { try places.enter(second) }
        held.removeLast()
        held.append(try places.enter(third))
        withExtendedLifetime(held) {}
    }

    @Test("A long list of nodes, instances or runs has a place, and a short one needs none")
    func whole() throws {
        let places = AnswerPlaces(limit: 1, registry: registry)
        let channel = try connection()
        func answer(_ bytes: Int) throws -> Response {
            try places.answer(Array(repeating: 0x20, count: bytes), type: "text/plain", to: channel)
        }
        let large = try answer(1 << 20)
        #expect(throws: ControlFailure.self) { try answer(1 << 20) }
        #expect(try answer(1000).status == .ok)
        withExtendedLifetime(large) {}
    }
}
