import ArgumentParser
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import RemoteWrite
@testable import StatsCore

@Suite("What a receiver gets in the end") struct RemoteWriteTargetTests {
    /// A receiver that fails as it is told, and what it has.
    private final class Receiver: Sendable {
        let failure = Mutex<(any Error)?>(nil)
        let taken = Mutex<[WriteRequest]>([])

        func deliver(_ requests: [WriteRequest]) throws {
            let failure = failure.withLock { failure in
                defer { failure = nil }
                return failure
            }
            if let failure { throw failure }
            taken.withLock { $0 += requests }
        }

        /// Of each sample: the labels that it has besides those of all, and whether it ends its series.
        func samples() throws -> [(series: String, isEnd: Bool)] {
            try taken.withLock { $0 }.flatMap { request in
                let plain = request.inVersionOne
                let read = SnappyReader.bytes(of: plain.body.span.bytes, limit: 1 << 20)
                let bytes = try #require(read)
                return bytes.messages(1).map { series in
                    let value = series.messages(2).first.map { Array($0[1..<9]) } ?? []
                    let labels = series.messages(1).map { label in
                        (label.messages(1) + label.messages(2)).map { String(decoding: $0, as: UTF8.self) }
                    }
                    let names = labels.filter { ["__name__", "device"].contains($0[0]) }.map { $0[1] }
                    return (names.joined(separator: " "), value == [2, 0, 0, 0, 0, 0, 0xf0, 0x7f])
                }
            }
        }
    }

    private static let columns = SenderColumns(["network": ["interface", "rx_bytes"]])

    private static func record(_ second: Int64, _ devices: String...) throws -> ByteBuffer {
        let rows = devices.map { #"["\#($0)",\#(second)]"# }.joined(separator: ",")
        let time = second * 1_000_000
        let frame = Array(
            #"{"type":"tick","run":"","epoch":1,"seq":0,"tick":1,"time":\#(time),"begin":\#(time),"end":\#(time),"rows":{"network":[\#(rows)]}}"#
                .utf8)
        var out = ByteWriter()
        let tick = try TickFrame(frame.span.bytes)
        _ = out.append(tick, frame: frame.span.bytes, node: "n", kernel: "", columns: columns.number, withProcesses: false)
        return out.withUnsafeBytes { ByteBuffer(bytes: $0) }
    }

    @Test(
        "A series that ended while its receiver was away, or turned out to be of another protocol, ends there when it is back",
        arguments: [("1.0", false), ("2.0", false), ("2.0", true)])
    func endOfSeries(protocol: String, isOther: Bool) async throws {
        let scratch = try ScratchDirectory()
        let words = ["--remote-write=http://127.0.0.1:9/w", "--remote-write-protocol=\(`protocol`)", "--remote-write-connections=1"]
        let settings = try #require(try RemoteWriteSettings(RemoteWriteOptions.parse(words), environment: [:]))
        let columns = ColumnsDirectory(try Descriptor.directory(scratch.path))
        columns.note(Self.columns)
        let queue = try TargetQueue(
            in: Descriptor.directory(scratch.path), name: "q", quota: 1 << 20, interval: 0, columns: columns, dropped: { _, _ in },
            notice: { _ in })
        let delivery = Delivery(RemoteWriteReport(url: "", version: `protocol`, limitBytes: 0), []) { _ in }
        let receiver = Receiver()
        let target = RemoteWriteTarget(
            settings, queue: queue, delivery: delivery, columns: columns, thread: MultiThreadedEventLoopGroup.singleton.next(),
            clock: { 4_000_000 }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { requests, _ in try receiver.deliver(requests) }

        queue.offer(try Self.record(1, "a", "b"), time: 1_000_000)
        await target.flush()
        #expect(await !target.sendRound(isLast: false))
        queue.offer(try Self.record(2, "a"), time: 2_000_000)
        await target.flush()
        receiver.failure.withLock { $0 = isOther ? Delivery.OtherVersion() : CancellationError() }
        #expect(await target.sendRound(isLast: false) == isOther)
        queue.offer(try Self.record(3, "a"), time: 3_000_000)
        await target.flush()
        while await target.sendRound(isLast: false) {}

        let name = "node_network_receive_bytes_total"
        let samples = try receiver.samples().filter { $0.series.hasPrefix(name) }
        #expect(samples.filter { $0.series == "\(name) a" }.map(\.isEnd) == [false, false, false])
        #expect(samples.filter { $0.series == "\(name) b" }.map(\.isEnd) == [false, true])
        let protocols = receiver.taken.withLock { $0.map(\.protocol.rawValue) }
        #expect(Set(protocols.dropFirst()) == [isOther ? "1.0" : `protocol`])
        #expect(queue.disk.bytes == 0, "nothing waits any more")
    }
}

extension [UInt8] {
    /// The bodies of all fields of a number.
    fileprivate func messages(_ number: Int) -> [[UInt8]] {
        var bodies: [[UInt8]] = []
        var fields = ProtobufFields(span.bytes)
        while let field = fields.next() { if field.number == number { bodies.append(Array(self[field.body])) } }
        return bodies
    }
}
