import Testing

@testable import StatsCore

@Suite("Messages") struct MessageTests {
    private func roundTrip<Message: WireMessage>(_ message: Message) throws -> Message {
        let bytes = try message.encoded()
        #expect(try FrameEnvelope(bytes.span.bytes).type == Message.type)
        return try Message(decoding: bytes.span.bytes)
    }

    @Test("Every message comes back as it was sent")
    func roundTrips() throws {
        let run = RunOrder(id: "r", name: "a/b", intervalUs: 200_000, t0: 1_700_000_000_000_000, ticks: 25)
        let stop = StopOrder(run: "r", lastTick: nil)
        let welcome = Welcome(session: "s", last: StreamPosition(epoch: 2, seq: .max), run: run, stop: stop)
        var hello = Hello(
            agent: "id", epoch: 1, node: "é\"\\\n", monitor: "OSMonitor_1", version: "1", tables: ["cpu": ["cpu"]], firstUnacked: 1,
            nextSeq: 1)
        // As of an older agent, and as of one that knows the topology.
        #expect(try roundTrip(hello) == hello && RunManifest.Node(hello: hello).topology == nil)
        hello.topology = CPUTopology(sys: HostFixture.directory + "/linux-6.18/sys") ?? CPUTopology(sys: "/sys")
        #expect(hello.topology != nil && RunManifest.Node(hello: hello).topology == hello.topology)
        #expect(try roundTrip(welcome) == welcome)
        #expect(try roundTrip(hello) == hello)
        #expect(try roundTrip(Gap(run: "r", epoch: 1, seq: 2, from: 3, to: 4, reason: .spoolFull)).reason == .spoolFull)
        #expect(try roundTrip(Pong(t1: -5, t2: 1, t3: 2)) == Pong(t1: -5, t2: 1, t3: 2))
        #expect(try roundTrip(Refusal(code: "c", message: "m")) == Refusal(code: "c", message: "m"))
    }

    @Test("A member that is absent or of another type is named")
    func explained() {
        #expect(throws: FrameError.badField("`seq` in a `ack` is absent")) {
            try Ack(decoding: Array(#"{"type":"ack","epoch":1}"#.utf8).span.bytes)
        }
        #expect(throws: FrameError.badField("`seq` in a `ack` is of the wrong type")) {
            try Ack(decoding: Array(#"{"type":"ack","epoch":1,"seq":"5"}"#.utf8).span.bytes)
        }
    }
}

@Suite("The frame of a tick") struct TickFrameTests {
    private let header = TickHeader(run: "r\"1", epoch: 3, seq: 17, tick: 16, time: 1_700_000_000_000_000, begin: 5, end: -6)

    private func frame(_ rows: borrowing TickRows) -> [UInt8] {
        var out = ByteWriter()
        out.write(header, rows)
        return out.withUnsafeBytes { Array($0) }
    }

    @Test("A tick that was written is read back, header and rows")
    func roundTrip() throws {
        var rows = TickRows()
        for name in ["dockerd", "a,\"b\"\n"] {
            rows.row(.event) { row in
                var event = EventReading()
                event.kind = EncodedText(name)
                EventTable.visit(event, &row)
            }
        }
        let bytes = frame(rows)
        #expect(try FrameEnvelope(bytes.span.bytes).type == "tick")
        let tick = try TickFrame(bytes.span.bytes)
        #expect(tick.header.epoch == 3 && tick.header.seq == 17 && tick.header.tick == 16 && tick.header.end == -6)
        #expect(tick.tables.map(\.name) == ["event"])
        var count = 0
        var scanner = JSONScanner(bytes.span.bytes, at: tick.tables[0].rows.lowerBound)
        scanner.elements { _ in count += 1 }
        #expect(count == 2)
    }

    @Test("Sources that were late stand in the frame, and a tick without any is written as earlier versions wrote it")
    func late() throws {
        let plain = frame(TickRows())
        #expect(!String(decoding: plain, as: UTF8.self).contains("late"))
        var header = header
        header.late = ["container", "a\"b"]
        var out = ByteWriter()
        out.write(header, TickRows())
        let bytes = out.withUnsafeBytes { Array($0) }
        #expect(try FrameEnvelope(bytes.span.bytes).type == "tick")
        #expect(try TickFrame(bytes.span.bytes).header.late == header.late)
    }

    @Test("A tick without rows is a tick")
    func empty() throws {
        #expect(try TickFrame(frame(TickRows()).span.bytes).tables.isEmpty)
    }

    @Test(
        "A tick whose header lacks a member, or has one of another type, is refused",
        arguments: [
            #"{"type":"tick","epoch":1,"seq":1,"tick":0,"time":1,"rows":{}}"#,
            #"{"type":"tick","run":"r","epoch":1,"seq":-1,"tick":0,"time":1,"rows":{}}"#,
            #"{"type":"tick","run":"r","epoch":1,"seq":1.5,"tick":0,"time":1,"rows":{}}"#,
            #"{"type":"tick","run":"r","epoch":1,"seq":18446744073709551616,"tick":0,"time":1,"rows":{}}"#,
            #"{"type":"tick","run":7,"epoch":1,"seq":1,"tick":0,"time":1,"rows":{}}"#,
            #"{"type":"tick","run":"r","epoch":1,"seq":1,"tick":0,"time":1,"rows":[]}"#,
            #"{"type":"tick","run":"r","epoch":1,"seq":1,"tick":0,"time":1,"late":"host","rows":{}}"#,
            #"{"type":"tick","run":"r","epoch":1,"seq":1,"tick":0,"time":1,"late":[1],"rows":{}}"#,
            #"{"type":"tick","run":"r","epoch":1,"seq":1,"tick":0,"time":1,"late":[""],"rows":{}}"#,
            #"{"type":"tick","run":"r","epoch":1,"seq":1,"tick":0,"time":1,"late":["0123456789012345678901234567890123"],"rows":{}}"#,
            #"{"type":"tick","run":"r","epoch":1,"seq":1,"tick":0,"time":1,"late":["1","2","3","4","5","6","7","8","9","0","1","2","3","4","5","6","7"],"rows":{}}"#,
            #"{"type":"tick","run":"r","epoch":1,"seq":1,"tick":0,"time":1,"rows":{"cpu":5}}"#,
        ])
    func refused(text: String) {
        #expect(throws: FrameError.self) { try TickFrame(Array(text.utf8).span.bytes) }
    }
}
