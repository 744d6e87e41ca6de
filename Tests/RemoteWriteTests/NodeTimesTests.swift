import StatsCore
import TestSupport
import Testing

@testable import RemoteWrite

@Suite("Which ticks go to a receiver") struct NodeTimesTests {
    @Test(
        "Each tick goes once; one that an agent sends again, or that is a little older, is left; one of a clock that was set back is counted"
    )
    func once() {
        var times = NodeTimes(interval: 0)
        #expect(times.take("a", 100_000_000, isRepeated: false) == .send)
        #expect(times.take("a", 100_000_000, isRepeated: true) == .leave)
        #expect(times.take("a", 101_000_000, isRepeated: true) == .send)
        #expect(times.take("a", 99_000_000, isRepeated: true) == .leave)
        #expect(times.take("a", 100_500_000, isRepeated: false) == .leave)
        #expect(times.take("a", 50_000_000, isRepeated: false) == .late)
        #expect(times.take("b", 50_000_000, isRepeated: false) == .send, "another node")
        #expect(times.take("a", 102_000_000, isRepeated: false) == .send)
    }

    @Test("Of two ticks within one millisecond, which no receiver could tell apart, the first one goes")
    func sameMillisecond() {
        var times = NodeTimes(interval: 0)
        #expect(times.take("a", 100_400_000, isRepeated: true) == .send)
        #expect(times.take("a", 100_400_113, isRepeated: false) == .leave)
        #expect(times.take("a", 100_401_000, isRepeated: false) == .send)
        #expect(times.take("a", 100_401_999, isRepeated: true) == .leave)
        #expect(times.take("b", 100_400_113, isRepeated: false, had: 100_400_113) == .leave, "from before this process")
    }

    @Test("A run's tick that live ones overtook is counted, once; one that is sent again, or was there when the process began, isn't")
    func overtaken() {
        var times = NodeTimes(interval: 0)
        #expect(times.take("a", 100_000_000, isRepeated: true) == .send)
        #expect(times.take("a", 200_000_000, isRepeated: false) == .send, "a live tick, when the agent is back")
        #expect(times.take("a", 101_000_000, isRepeated: true) == .late)
        #expect(times.take("a", 101_000_000, isRepeated: true) == .leave, "again")
        #expect(times.take("a", 100_000_000, isRepeated: true) == .leave)
        #expect(times.take("a", 195_000_000, isRepeated: true) == .leave, "where live ticks and a run's meet")
        #expect(times.take("a", 201_000_000, isRepeated: true) == .send)
        #expect(times.take("b", 101_000_000, isRepeated: true, had: 200_000_000) == .leave)
    }

    @Test("With an interval all nodes send the ticks of the same instants, whenever each began")
    func interval() {
        var times = NodeTimes(interval: 10_000_000)
        func sent(_ node: String, from start: Int64) -> [Int64] {
            (start...start + 40).filter { times.take(node, $0 * 1_000_000, isRepeated: false) == .send }
        }
        #expect(sent("a", from: 103) == [103, 110, 120, 130, 140])
        #expect(sent("b", from: 107) == [107, 110, 120, 130, 140])
    }

    @Test("What the receiver had when the process before ended isn't sent again")
    func had() {
        var times = NodeTimes(interval: 0)
        #expect(times.take("a", 5_000_000, isRepeated: true, had: 5_000_000) == .leave)
        #expect(times.take("a", 6_000_000, isRepeated: true, had: 5_000_000) == .send)
    }

    @Test("The newest ticks are known after the process, whatever happened to a part of the file")
    func file() throws {
        let directory = try ScratchDirectory()
        let home = try Descriptor.directory(directory.path)
        var file = try TimesFile(in: home, name: "times")
        for node in 0..<100 { file.note("node \(node)", Int64(node)) }
        try file.write()
        file.note("node 7", 700)
        try file.write()
        let again = try TimesFile(in: home, name: "times")
        let known = (0..<100).map { again["node \($0)"] }
        #expect(known == (0..<100).map { Int64($0 == 7 ? 700 : $0) })
        let absent = again["other"]
        #expect(absent == nil)
        try home.writableFile("times").write([UInt8]([0xff]).span.bytes, at: 24 * 3 + 9)
        let damaged = try TimesFile(in: home, name: "times")
        let read = [damaged["node 2"], damaged["node 3"], damaged["node 4"]]
        #expect(read == [2, nil, 4])
    }
}
