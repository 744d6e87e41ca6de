import NIOCore
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Rooms of collectors") struct CollectorRoomsTests {
    private let scratch: ScratchDirectory
    private let state: StateDirectory

    init() throws {
        scratch = try ScratchDirectory()
        state = try scratch.state()
    }

    private func paths(_ addresses: [String?]) throws -> [String] {
        let rooms = try CollectorRooms(in: state, for: addresses.compactMap(\.self))
        return try addresses.map { try rooms.directory(of: $0).path.replacing(state.directory.path, with: "") }
    }

    @Test("What waits for a single collector is in the state directory itself, wherever that collector is")
    func single() throws {
        #expect(try paths(["a:1"]) == [""])
        #expect(try paths(["b:1"]) == [""])
        #expect(try paths([nil]) == [""])
    }

    @Test("Of several, what waited before is the first one's, and each has its own ever after, in whatever order")
    func several() throws {
        #expect(try paths(["a:1", "[::1]:2"]) == ["", "/.collectors/%5B%3A%3A1%5D%3A2"])
        #expect(try paths(["[::1]:2", "a:1"]) == ["/.collectors/%5B%3A%3A1%5D%3A2", ""])
        #expect(try paths(["c:1"]) == ["/.collectors/c%3A1"])
        #expect(try paths([nil]) == [""])
    }

    @Test("Frames that wait from when a single collector was named are told, since nobody noted for whom they are")
    func guessed() throws {
        let spool = try Spool(in: CollectorRooms(in: state, for: ["a:1"]).directory(of: "a:1"), replace: GapFolder.replace) { _ in }
        let outbox = Outbox(epoch: 1, stream: spool.begin(epoch: 1, epochID: "e"))
        outbox.append(run: "r", tick: 1) { $1.writeString("x\($0)") }
        try outbox.stream?.append(outbox.dueForSpool(now: .max, flush: true).frames)
        let told = try [["a:1"], ["b:2", "a:1"], ["b:2", "a:1"]].map { try CollectorRooms(in: state, for: $0).isGuessed }
        #expect(told == [false, true, false])
    }

    @Test("Collectors that are named no more, and for which frames wait, are told")
    func forgotten() throws {
        let rooms = try CollectorRooms(in: state, for: ["a:1", "b:2"])
        let spool = try Spool(in: rooms.directory(of: "b:2"), replace: GapFolder.replace) { _ in }
        #expect(rooms.forgotten(besides: []) == [])
        let outbox = Outbox(epoch: 1, stream: spool.begin(epoch: 1, epochID: "e"))
        outbox.append(run: "r", tick: 1) { $1.writeString("x\($0)") }
        try outbox.stream?.append(outbox.dueForSpool(now: .max, flush: true).frames)
        #expect(rooms.forgotten(besides: ["b:2"]) == [])
        #expect(rooms.forgotten(besides: ["a:1"]) == ["b:2"])
    }
}
