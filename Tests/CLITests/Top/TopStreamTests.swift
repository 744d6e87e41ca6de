import StatsCore
import Testing

@testable import CLI

@Suite("The stream of sonde top") struct TopStreamTests {
    private static let stream = """
        : a comment\r\nevent: snapshot\r\ndata: {"a":1}\r\n\r\nevent:update\ndata: one\ndata:\ndata:  two\nid: 5\nretry: 3\nunknown\n\n\
        event: empty\n\ndata: é漢\r\revent: cut short\ndata: never ends
        """
    private static let events = [
        ServerEvent(name: "snapshot", data: Array(#"{"a":1}"#.utf8)), ServerEvent(name: "update", data: Array("one\n\n two".utf8)),
        ServerEvent(name: "message", data: Array("é漢".utf8)),
    ]

    @Test("A stream gives the same events wherever its bytes are cut", arguments: 1...40)
    func cuts(length: Int) throws {
        var parser = ServerEventParser()
        let bytes = Array(Self.stream.utf8)
        let events = try stride(from: 0, to: bytes.count, by: length).flatMap { start in
            try parser.feed(bytes[start..<min(start + length, bytes.count)])
        }
        #expect(events == Self.events)
    }

    @Test("An event that never ends is an error, not all of the memory")
    func endless() throws {
        let line = Array("data: 0123456789\n".utf8)
        for cut in [line, line.dropLast()] {
            var parser = ServerEventParser(longest: 1000)
            #expect(throws: ServerEventParser.TooLong.self) {
                for _ in 0..<100 { _ = try parser.feed(cut) }
            }
        }
    }

    @Test("Updates change what they name, null takes away, and gone is gone")
    func merging() throws {
        var model = TopModel()
        try model.feed(
            "snapshot",
            #"""
            {"time":"2026-11-21T18:00:00.000Z","collector":{"version":"1"},"run":{"name":"r"},"nodes":[{"node":"a","load1":1.5},{"node":"b"}],
             "containers":[{"key":1,"name":"x","cpu_percent":5,"pids":null,"history":{"cpu_percent":[1]}},{"key":2,"name":"y"}]}
            """#)
        #expect(model.nodes.count == 2 && model.containers.count == 2 && model.run?.text("name") == "r")
        #expect(model.containers[1]?.members == ["key": .integer(1), "name": .string("x"), "cpu_percent": .integer(5)])

        try model.feed(
            "update",
            #"{"run":null,"nodes":[{"node":"a","load1":null,"cores":4}],"gone_nodes":["b"],"containers":[{"key":1,"cpu_percent":7}],"gone_containers":[2]}"#
        )
        #expect(model.run == nil && model.collector.text("version") == "1" && model.time == "2026-11-21T18:00:00.000Z")
        #expect(model.nodes == ["a": TopRow(["node": .string("a"), "cores": .integer(4)])])
        #expect(model.containers.count == 1 && model.containers[1]?.number("cpu_percent") == 7 && model.containers[1]?.text("name") == "x")

        try model.feed("update", #"{"containers":[{"key":3,"name":"z"}]}"#)
        #expect(model.containers[3]?.text("name") == "z")
        try model.feed("something new", #"{"containers":[]}"#)
        #expect(model.containers.count == 2)
        try model.feed("snapshot", #"{"nodes":[],"containers":[]}"#)
        #expect(model.nodes.isEmpty && model.containers.isEmpty, "a snapshot replaces all that was before")
    }

    @Test("Details say what is there, or why nothing is")
    func details() throws {
        var model = TopModel()
        try model.feed("detail", #"{"container":{"key":1,"processes":[{"pid":5},{"pid":6}]}}"#)
        #expect(model.detail?.row?.rows("processes").map { $0.number("pid") } == [5, 6])
        try model.feed("detail", #"{"container":null,"message":"no container"}"#)
        #expect(model.detail == TopModel.Detail(row: nil, message: "no container"))
    }
}

extension TopModel {
    mutating func feed(_ name: String, _ json: String) throws {
        apply(ReceivedEvent(name: name, members: try JSONValue.object(Array(json.utf8).span.bytes)))
    }
}
