import Logging
import NIOCore
import NIOPosix
import StatsCore
import Synchronization
import TestSupport

@testable import Collector

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension ScratchDirectory {
    func descriptor() throws -> Descriptor { try Descriptor.directory(path) }

    /// The directory of a run that holds nothing but its host.csv.
    func makeRun(_ name: String, host: [UInt8]) throws { try write(host, to: name + "/host.csv") }
}

/// A clock that only moves when the test says so.
final class ManualClock: Sendable {
    private let time = Mutex<Int64>(1_800_000_000_000_000)
    private let wallAhead = Mutex<Int64>(0)

    var now: Int64 { time.withLock { $0 } }
    var clock: CollectorClock {
        CollectorClock(anchor: 0) {
            self.now
        } wall: {
            self.now + self.wallAhead.withLock { $0 }
        }
    }

    func advance(milliseconds: Int64) { time.withLock { $0 += milliseconds * 1000 } }
    /// Sets the wall clock, and no other: this much ahead of it.
    func setWall(aheadBy microseconds: Int64) { wallAhead.withLock { $0 = microseconds } }
    func set(_ microseconds: Int64) { time.withLock { $0 = microseconds } }
}

extension Hello {
    static func sample(
        agent: String = "agent-1", epoch: UInt64 = 1, epochID: String? = nil, node: String = "a", firstUnacked: UInt64 = 1,
        nextSeq: UInt64 = 1, takes: [String]? = nil
    ) -> Hello {
        Hello(
            agent: agent, epoch: epoch, epochID: epochID, node: node, monitor: "OSMonitor_127_0_0_1_\(node)", addresses: ["127.0.0.1"],
            version: "0.1.0",
            tables: ["host": ["load1", "context_switches"], "event": ["kind", "message"], "container": ["container_id", "pids"]],
            firstUnacked: firstUnacked, nextSeq: nextSeq,
            takes: takes)
    }
}

/// Keeps the orders of a session.
final class OrderLog: SessionOrders {
    private let orders = Mutex<[SessionOrder]>([])

    var all: [SessionOrder] { orders.withLock { $0 } }

    func post(_ order: SessionOrder, frame: ByteBuffer?) { orders.withLock { $0.append(order) } }
}

enum Frames {
    static func tick(
        _ number: UInt64, run: String, seq: UInt64, epoch: UInt64 = 1, rows: String = "{\"host\":[[0.5,7]]}",
        late: [String] = []
    ) -> [UInt8] {
        Array(
            """
            {"type":"tick","run":"\(run)","epoch":\(epoch),"seq":\(seq),"tick":\(number),"time":0,"begin":1,"end":2,"late":\(late),"rows":\(rows)}
            """.utf8)
    }
}

/// The fields of a CSV file, by RFC 4180; `nil` when it isn't valid.
func parseCSV(_ text: String) -> [[String]]? { try? CSVTable.records(Array(text.utf8), "text") }

extension CommitRecord {
    /// The first line of a log that says this.
    func line() throws -> [UInt8] {
        var coder = CommitCoder()
        return try coder.line(self)
    }
}

extension [UInt8] {
    /// This JSON as a line of `.commit` of version 1.
    var oldCommitLine: [UInt8] {
        let digits = String(CRC32C.checksum(span.bytes), radix: 16)
        return Array((String(repeating: "0", count: 8 - digits.count) + digits + " ").utf8) + self + [UInt8(ascii: "\n")]
    }
}
