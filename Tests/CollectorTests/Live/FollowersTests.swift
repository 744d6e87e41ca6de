import NIOCore
import Testing

@testable import Collector

@Suite("Events that wait for followers") struct FollowersTests {
    private func event(_ bytes: Int, pieces: Int = 2) -> [ByteBuffer] {
        (0..<pieces).map { _ in ByteBuffer(repeating: 0x20, count: bytes / pieces) }
    }

    /// The streams of those who follow: who lets go of its own has left.
    private final class Streams {
        private var open: [AsyncStream<Void>] = []

        func add(_ followers: inout Followers, _ snapshot: () -> [ByteBuffer]) throws -> Int {
            let added = followers.add(nil, snapshot)
            let (id, news) = try #require(added)
            open.append(news)
            return id
        }

        func close() { open = [] }
    }

    private let streams = Streams()

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
        let ids = try (0..<60).map { _ in try streams.add(&followers) { event(1000) } }
        followers.send(event(2000))
        #expect(followers.bytes == 3000)
        for id in ids { #expect(try drain(id, &followers) == 3000) }
        #expect(followers.bytes == 0)
    }

    @Test("Who takes nothing is let go when too many bytes wait, also in the middle of an event, and who takes all goes on")
    func slow() throws {
        var followers = Followers(room: 10_000)
        let slow = try streams.add(&followers) { event(4000, pieces: 4) }
        let quick = try streams.add(&followers) { event(4000, pieces: 4) }
        #expect(try followers.next(slow) == .piece(ByteBuffer(repeating: 0x20, count: 1000)))
        for _ in 0..<20 {
            followers.send(event(4000))
            #expect(try drain(quick, &followers) >= 4000)
            #expect(followers.bytes <= 18_000)
        }
        #expect(throws: Followers.LetGo.self) { try followers.next(slow) }
        #expect(followers.bytes == 0)
    }

    @Test("Who is more than eight updates behind is let go, however small they are")
    func behind() throws {
        var followers = Followers()
        let slow = try streams.add(&followers) { event(10) }
        for _ in 0..<8 { followers.send(event(10)) }
        #expect(try followers.next(slow) != nil)
        followers.send(event(10))
        #expect(throws: Followers.LetGo.self) { try followers.next(slow) }
    }

    @Test("What one follower alone has asked for counts too, and comes behind the event; whose is largest goes first")
    func own() throws {
        var followers = Followers(room: 10_000)
        let modest = try streams.add(&followers) { event(100, pieces: 1) }
        let greedy = try streams.add(&followers) { event(100, pieces: 1) }
        for id in [modest, greedy] { _ = try drain(id, &followers) }
        followers.send(event(3000), to: modest)
        #expect(followers.bytes == 3100)
        followers.send(event(8000), to: greedy)
        #expect(throws: Followers.LetGo.self) { try followers.next(greedy) }
        #expect(try drain(modest, &followers) == 3000)
    }

    @Test("A newcomer gets the snapshot and what comes behind it, nothing of before and no other's snapshot")
    func newcomer() throws {
        var followers = Followers()
        let early = try streams.add(&followers) { event(2) }
        followers.send(event(20))
        let late = try streams.add(&followers) { event(300) }
        followers.send(event(4000))
        #expect(try drain(early, &followers) == 4022)
        #expect(try drain(late, &followers) == 4300)
    }

    @Test("A snapshot that is larger than what may wait is taken while updates come")
    func large() throws {
        var followers = Followers(room: 10_000)
        let id = try streams.add(&followers) { event(24_000, pieces: 24) }
        for _ in 0..<4 {
            for _ in 0..<6 { #expect(try followers.next(id) != nil) }
            followers.send(event(3000))
        }
        #expect(try drain(id, &followers) == 12_000)
    }

    @Test("Those who come and go between two updates get the same snapshot, and who comes later a new one")
    func again() throws {
        var followers = Followers()
        var made = 0
        func come() throws -> Int {
            let id = try streams.add(&followers) {
                made += 1
                return event(1000)
            }
            #expect(try drain(id, &followers) == 1000)
            return id
        }
        for _ in 0..<3 { followers.remove(try come()) }
        #expect(made == 1 && followers.bytes == 1000)
        followers.forgetSnapshot()
        #expect(followers.bytes == 0)
        for _ in 0..<3 { _ = try come() }
        followers.send(event(10))
        _ = try come()
        #expect(made == 3)
    }

    @Test("Who left before it took anything is forgotten at the next update, and keeps nobody out")
    func aborted() throws {
        var followers = Followers()
        for _ in 0..<Followers.limit { _ = try streams.add(&followers) { event(10) } }
        let refused = followers.add { event(10) }
        #expect(refused == nil)
        streams.close()
        let id = try streams.add(&followers) { event(10) }
        streams.close()
        followers.send(event(10))
        #expect(followers.isEmpty && followers.bytes == 0)
        #expect(throws: Followers.LetGo.self) { try followers.next(id) }
    }
}
