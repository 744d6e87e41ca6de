import TestSupport
import Testing

@testable import StatsCore

@Suite("Frames in the form of Sonde's own agents") struct PlainFrameTests {
    /// A tick as the agent's writer writes it.
    private static func written() -> [UInt8] {
        var rows = TickRows()
        rows.row(.event) { EventTable.visit(EventReading(), &$0) }
        rows.row(.host) { HostTable.visit(HostReading(), &$0) }
        var out = ByteWriter()
        out.write(TickHeader(run: "0b-1", epoch: 3, seq: 17, tick: 16, time: 1_800_000_000_000_000, begin: 5, end: 6), rows)
        return out.withUnsafeBytes { Array($0) }
    }

    private static let frames = [
        #"{"type":"tick","run":"0b","epoch":3,"seq":17,"tick":16,"time":1800000000000000,"begin":1,"end":2,"rows":{}}"#,
        #"{"type":"tick","run":"","epoch":0,"seq":0,"tick":0,"time":0,"begin":0,"end":0,"rows":{"disk":[["vda",-1,0.50,null,"a b"],[]],"event":[]}}"#,
    ]

    private func isSame(_ one: TickFrame, _ other: TickFrame) -> Bool {
        one.header == other.header && one.tables.elementsEqual(other.tables) { $0.name == $1.name && $0.rows == $1.rows }
    }

    private static func plain(_ frame: [UInt8]) -> TickFrame? { TickFrame(plain: frame.span.bytes) }

    private static func general(_ frame: [UInt8]) -> TickFrame? { try? TickFrame(frame.span.bytes) }

    private static func type(_ frame: [UInt8]) -> String? { try? FrameEnvelope(frame.span.bytes).type }

    private static func plainPing(_ frame: [UInt8]) -> Ping? { Ping(plain: frame.span.bytes) }

    private static func message<Message: WireMessage>(_ frame: [UInt8], _ type: Message.Type) -> Message? {
        try? Message(decoding: frame.span.bytes)
    }

    @Test("What an agent writes is read in one pass, and means what the general way reads in it")
    func same() throws {
        for frame in Self.frames.map({ Array($0.utf8) }) + [Self.written()] {
            let plain = try #require(Self.plain(frame), "\(String(decoding: frame, as: UTF8.self))")
            let general = try #require(Self.general(frame))
            #expect(Self.type(frame) == "tick" && isSame(plain, general))
        }
    }

    @Test("Whatever a frame holds, what is read in one pass is valid, and the same as by the general way")
    func damaged() async {
        let inputs = Self.frames.map { Array($0.utf8) } + [FrameFuzzTests.small, Self.written()]
        await Fuzz.run("plain tick", inputs, count: 1500) { one in
            guard let plain = Self.plain(one.input) else { return }
            let text = one.text
            #expect(Self.type(one.input) == "tick", "\(text)")
            #expect(Self.general(one.input).map { isSame(plain, $0) } == true, "\(text)")
        }
    }

    @Test(
        "Other forms are left to the general way",
        arguments: [
            #"{"type":"tick","run":"0b","epoch":3,"seq":17,"tick":16,"time":1,"begin":1,"end":2,"rows":{}} "#,
            #"{"type": "tick","run":"0b","epoch":3,"seq":17,"tick":16,"time":1,"begin":1,"end":2,"rows":{}}"#,
            #"{"type":"tick","run":"0\u0062","epoch":3,"seq":17,"tick":16,"time":1,"begin":1,"end":2,"rows":{}}"#,
            #"{"type":"tick","run":"b","epoch":03,"seq":17,"tick":16,"time":1,"begin":1,"end":2,"rows":{}}"#,
            #"{"type":"tick","run":"b","epoch":3,"seq":17,"tick":16,"time":1,"begin":1,"end":2,"rows":{"cpu":[[1e5]]}}"#,
            #"{"type":"tick","run":"b","epoch":3,"seq":17,"tick":16,"time":1,"begin":1,"end":2,"rows":{"cpu":[[01]]}}"#,
            #"{"type":"tick","run":"b","epoch":3,"seq":17,"tick":16,"time":1,"begin":1,"end":2,"rows":{"cpu":[[1,]]}}"#,
            #"{"type":"tick","run":"b","epoch":3,"seq":17,"tick":16,"time":1,"begin":1,"end":2,"rows":{"cpu":[["é"]]}}"#,
        ])
    func others(_ frame: String) {
        #expect(Self.plain(Array(frame.utf8)) == nil)
    }

    @Test("Acknowledgements, rewinds and pongs that are written by hand are read as they were meant")
    func positions() throws {
        func frame(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
            var out = ByteWriter()
            write(&out)
            return out.withUnsafeBytes { Array($0) }
        }
        for (epoch, seq) in [(UInt64(0), UInt64(1)), (.max, .max), (7, 1_234_567)] {
            let ack = frame { $0.write(Ack(epoch: epoch, seq: seq)) }
            #expect(Self.type(ack) == Ack.type && Self.message(ack, Ack.self) == Ack(epoch: epoch, seq: seq))
            let rewind = frame { $0.write(Rewind(epoch: epoch, seq: seq)) }
            #expect(Self.type(rewind) == Rewind.type && Self.message(rewind, Rewind.self) == Rewind(epoch: epoch, seq: seq))
        }
        for pong in [Pong(t1: -5, t2: 0, t3: .max), Pong(t1: .min, t2: .min, t3: 8, heartbeatMilliseconds: 5000)] {
            let written = frame { $0.write(pong) }
            #expect(Self.type(written) == Pong.type && Self.message(written, Pong.self) == pong)
        }
    }

    @Test("A ping is read by hand as by its decoder, or left to that")
    func pings() async throws {
        let pings = [Ping(t1: 5), Ping(t1: -5, offset: -6, error: 7, backlogFrames: 8, backlogBytes: 9)]
        for ping in pings {
            #expect(Self.plainPing(try ping.encoded()) == ping)
        }
        await Fuzz.run("plain ping", try pings.map { try $0.encoded() }, count: 800) { one in
            guard Self.type(one.input) == Ping.type, let plain = Self.plainPing(one.input) else { return }
            #expect(Self.message(one.input, Ping.self) == plain, "\(one.text)")
        }
    }
}
