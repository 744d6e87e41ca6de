import Foundation
import NIOCore
import Synchronization
import TestSupport

@testable import StatsCore

/// A directory with a queue, and records whose content follows from their numbers.
final class DiskQueueFixture {
    let directory: String
    private let scratch: ScratchDirectory
    /// Numbers of what was dropped, and what was told.
    let told = Told()

    final class Told: Sendable {
        private let dropped = Mutex<[UInt64]>([])
        private let notices = Mutex<[SpoolNotice]>([])

        var droppedNumbers: [UInt64] { dropped.withLock { $0 } }
        var all: [SpoolNotice] { notices.withLock { $0 } }
        func drop(_ records: [DiskQueue.Record]) { dropped.withLock { $0 += records.map(\.number) } }
        func note(_ notice: SpoolNotice) { notices.withLock { $0.append(notice) } }
    }

    init() throws {
        scratch = try ScratchDirectory(inMemory: true)
        directory = scratch.path
    }

    func open(quota: UInt64 = 1 << 20, segmentBytes: Int = 4096) throws -> DiskQueue {
        try DiskQueue(
            in: try Descriptor.directory(directory), name: "q", quota: quota, segmentBytes: segmentBytes,
            dropped: { [told] in told.drop($0) }, notice: { [told] in told.note($0) })
    }

    static func record(_ number: UInt64, bytes: Int = 200) -> ByteBuffer {
        let start = "record \(number) "
        return ByteBuffer(string: start + String(repeating: "x", count: max(0, bytes - start.utf8.count)))
    }

    static func records(_ numbers: ClosedRange<UInt64>, bytes: Int = 200) -> [ByteBuffer] { numbers.map { record($0, bytes: bytes) } }

    // MARK: Files

    var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: directory + "/q")) ?? []).sorted() }
    var segments: [String] { files.filter { $0 != "cursor" } }
    /// Blocks of the disk that the segments take, in bytes.
    var blocks: Int {
        segments.reduce(0) { sum, name in
            var status = stat()
            return lstat("\(directory)/q/\(name)", &status) == 0 ? sum + Int(status.st_blocks) * 512 : sum
        }
    }

    func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: "\(directory)/q/\(name)")) }
    func write(_ bytes: Data, to name: String) throws { try bytes.write(to: URL(filePath: "\(directory)/q/\(name)")) }
}

extension DiskQueue {
    /// All records that wait, read in batches.
    func all(limit: Int = 1000) throws -> [Record] {
        var records: [Record] = []
        var position: UInt64 = 0
        while true {
            let more = try read(from: position, limit: limit)
            guard let last = more.last else { return records }
            records += more
            position = last.number + 1
        }
    }

    func numbers() throws -> [UInt64] { try all().map(\.number) }
}
