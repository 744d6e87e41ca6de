import NIOCore
import Testing

@testable import Collector

@Suite("Events that wait for followers") struct FollowersTests {
    private func event(_ bytes: Int, pieces: Int = 2) -> [ByteBuffer] {
        (0..<pieces).map { _ in ByteBuffer(repeating: 0x20, count: bytes / pieces) }
    }

    /// Takes all that there is.
    private func drain(_ id: Int, _ followers: inout Followers) throws -> Int {
        var bytes = 0
        while let next = try followers.next(id) {
            switch next {
            case .piece(let piece), .end(let piece, _): bytes += piece.readableBytes
            }
        }
        return bytes
    }

    @Test("An event that waits for sixty followers is counted once, and forgotten when the last of them has it")
    func shared() throws {
        var followers = Followers(room: 10_000)
        let ids = try (0..<60).map { _ in try #require(followers.add { event(1000) }).id }
        followers.send(event(2000))
        #expect(followers.bytes == 3000)
        for id in ids { #expect(try drain(id, &followers) == 3000) }
        #expect(followers.bytes == 0)
    }

    @Test("Who takes nothing is let go when too many bytes wait, also in the middle of an event, and who takes all goes on")
    func slow() throws {
        var followers = Followers(room: 10_000)
        let slow = try #require(followers.add { event(4000, pieces: 4) }).id
        let quick = try #require(followers.add { event(4000, pieces: 4) }).id
        #expect(try followers.next(slow) == .piece(ByteBuffer(repeating: 0x20, count: 1000)))
        for _ in 0..<20 {
            followers.send(event(4000))
            #expect(try drain(quick, &followers) >= 4000)
            #expect(followers.bytes <= 14_000)
        }
        #expect(throws: Followers.LetGo.self) { try followers.next(slow) }
        #expect(followers.bytes == 0)
    }

    @Test("Who is more than eight updates behind is let go, however small they are")
    func behind() throws {
        var followers = Followers()
        let slow = try #require(followers.add { event(10) }).id
        for _ in 0..<8 { followers.send(event(10)) }
        #expect(try followers.next(slow) != nil)
        followers.send(event(10))
        #expect(throws: Followers.LetGo.self) { try followers.next(slow) }
    }

    @Test("What one follower alone has asked for counts too, and comes behind the event; whose is largest goes first")
    func own() throws {
        var followers = Followers(room: 10_000)
        let modest = try #require(followers.add { event(100, pieces: 1) }).id
        let greedy = try #require(followers.add { event(100, pieces: 1) }).id
        for id in [modest, greedy] { _ = try drain(id, &followers) }
        followers.send(event(3000), to: modest)
        #expect(followers.bytes == 3000)
        followers.send(event(8000), to: greedy)
        #expect(throws: Followers.LetGo.self) { try followers.next(greedy) }
        #expect(try drain(modest, &followers) == 3000)
    }

    @Test("A newcomer gets the snapshot and what comes behind it, nothing of before and no other's snapshot")
    func newcomer() throws {
        var followers = Followers()
        let early = try #require(followers.add { event(2) }).id
        followers.send(event(20))
        let late = try #require(followers.add { event(300) }).id
        followers.send(event(4000))
        #expect(try drain(early, &followers) == 4022)
        #expect(try drain(late, &followers) == 4300)
    }
}
