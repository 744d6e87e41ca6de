import Foundation
import StatsCore
import TestSupport
import Testing

/// What an agent's spool holds, told from its files.
extension AgentLives {
    /// The segments in its spool by name, the oldest first.
    var segments: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: state + "/spool")) ?? []).filter { $0.hasSuffix(".segment") }.sorted().map {
            "\(state)/spool/\($0)"
        }
    }

    /// Bytes of frames in a segment, whose room is zeros beforehand; none when it is gone meanwhile.
    static func filled(_ segment: String) -> Int {
        (FileManager.default.contents(atPath: segment)?.lastIndex { $0 != 0 }).map { max(0, $0 - SpoolFile.header) } ?? 0
    }

    /// Waits until the present life has frames of its own in the spool, so that another life finds them there.
    func spools() async throws {
        let epoch = try #require(try keptEpoch)
        try await eventually("frames of epoch \(epoch) in the spool\n\(brief)") {
            segments.contains { SpoolFile.epoch(of: $0) == epoch && Self.filled($0) > 0 }
        }
    }

    /// The newest tick of an epoch that the spool has for certain: the last one's write may have been cut off.
    func spooledTick(of epoch: UInt64) -> UInt64? {
        var newest: [UInt64] = []
        for segment in segments.reversed() where SpoolFile.epoch(of: segment) == epoch {
            var rest = (FileManager.default.contents(atPath: segment) ?? Data())[...]
            while newest.count < 2, let key = rest.range(of: Data(#""tick":"#.utf8), options: .backwards) {
                let digits = rest[key.upperBound...].prefix { (0x30...0x39).contains($0) }
                if let tick = UInt64(String(decoding: digits, as: UTF8.self)) { newest.append(tick) }
                rest = rest[..<key.lowerBound]
            }
        }
        return newest.count == 2 ? newest[1] : nil
    }

    /// Waits until its spool has been synced, however slow the disk is.
    ///
    /// - Parameter syncs: what strace tells of it.
    /// - Returns: an instant of the collector's clock: all that was read until then is on the disk for good.
    func synced(_ syncs: Injection) async throws -> Int64 {
        let (asked, before) = (ScriptedCollector.now(), syncs.ended)
        // Those of one turn may be two, when a segment was begun, and may be under way. The third belongs to a later turn, before which the spool
        // wrote what was a second old.
        try await eventually("another sync of the spool\n\(brief)") { syncs.ended >= before + 3 }
        return asked - 1_000_000
    }
}

/// What a test has to know of a spool's segments: they are called `<epoch>-<first seq>.segment`, and begin with a header.
enum SpoolFile {
    static let header = 256

    static func epoch(of path: String) -> UInt64? {
        path.split(separator: "/").last.flatMap { $0.split(separator: "-").first }.flatMap { UInt64($0) }
    }
}
