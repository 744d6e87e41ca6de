import StatsCore
import TestSupport

/// The content of a synthetic agent's frames. All of it follows from the frame's identity, so that each row of a run can be checked by itself.
///
/// A tick has one row in `disk`, which identifies the frame, and `bulk` rows in `process`, as long as real ones.
struct SyntheticPayload: Sendable {
    static let diskColumns = ["device", "reads", "reads_merged", "read_sectors"]
    static let processColumns = Catalogue.table(.process).columns.map(\.name)
    static let tables = ["disk": diskColumns, "process": processColumns]

    /// A device name that a CSV file has to quote.
    static let device = #"d,"0""#

    let node: String
    let bulk: Int
    private let seed: UInt64
    private let heads: [[UInt8]]
    private let tail: [UInt8]

    init(node: String, bulk: Int = 0) {
        self.node = node
        self.bulk = bulk
        seed = node.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        heads = (0..<bulk).map {
            Array((($0 == 0 ? "" : ",") + #"["\#(String(repeating: "c0ffee42", count: 8))","load-\#($0 % 9)",\#($0),"#).utf8)
        }
        let rest: [String] = Catalogue.table(.process).columns.dropFirst(5).enumerated().map { index, column in
            switch column.type {
            case .text: "\"\(column.name)\""
            case .decimal: "12.25"
            default: "\(1_234_567 * (index + 1))"
            }
        }
        tail = Array(("," + rest.joined(separator: ",") + "]").utf8)
    }

    /// The value of `read_sectors` in the row of a frame.
    func mark(epoch: UInt64, seq: UInt64, tick: UInt64) -> UInt64 {
        var random = SeededRandom(state: seed ^ (epoch &* 0x9e37_79b9) ^ (seq << 20) ^ tick)
        return random.next() >> 2
    }

    /// Whether the agent overruns this tick, so that a gap replaces it.
    func isOverrun(_ tick: UInt64) -> Bool { mark(epoch: 0, seq: 0, tick: tick) % 61 == 0 }

    /// A `tick` frame, its length in front.
    func tick(_ tick: UInt64, run: RunOrder, epoch: UInt64, seq: UInt64) -> [UInt8] {
        let mark = mark(epoch: epoch, seq: seq, tick: tick)
        let time = run.t0 + Int64(tick) * run.intervalUs
        var frame: [UInt8] = [0, 0, 0, 0]
        frame.reserveCapacity(320 + bulk * (tail.count + 140))
        frame += Array(
            (#"{"type":"tick","run":"\#(run.id)","epoch":\#(epoch),"seq":\#(seq),"tick":\#(tick),"time":\#(time),"begin":\#(time),"end":\#(time),"#
                + #""rows":{"disk":[["d,\"0\"",\#(epoch),\#(seq),\#(mark)]],"process":["#).utf8)
        let identity = Array("\(seq),\(mark)".utf8)
        for head in heads {
            frame += head
            frame += identity
            frame += tail
        }
        frame += Array("]}}".utf8)
        return Self.framed(frame)
    }

    /// A message with its length in front.
    static func frame(_ message: some WireMessage) throws -> [UInt8] { framed([0, 0, 0, 0] + (try message.encoded())) }

    /// Writes the length into the first four bytes, which were left free for it.
    private static func framed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let length = UInt32(bytes.count - 4)
        for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32(index))) }
        return bytes
    }
}
