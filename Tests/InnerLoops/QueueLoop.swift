import NIOCore
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A queue on disk at work. `InnerLoops queue DIRECTORY` appends, reads, acknowledges and syncs until it is killed, and says on its standard output what it has
/// done: a letter and the last number, a line each. `InnerLoops queue-speed MEBIBYTES` says how fast it is.
enum QueueLoop {
    /// The record of a number, as a test knows it.
    private static func record(_ number: UInt64) -> ByteBuffer {
        var record = ByteBuffer()
        for place in 0..<1 + number % 300 { record.writeInteger(number &+ place) }
        return record
    }

    static func run(in directory: String) throws {
        let queue = try DiskQueue(
            in: Descriptor.directory(making: directory), name: "queue", quota: 64 << 20, segmentBytes: 64 << 10, dropped: { _ in },
            notice: { _ in })
        var taken = (queue.first ?? queue.next) - 1
        for turn in UInt64(1)... {
            let next = queue.next
            try queue.append((next..<next + 1 + turn % 9).map(record))
            say("appended", queue.next - 1)
            if turn % 3 == 0 {
                taken = try queue.read(from: taken + 1, limit: 32_000).last?.number ?? taken
                try queue.acknowledge(through: taken)
                say("taken", taken)
            }
            if turn % 40 == 0 {
                let last = queue.next - 1
                try queue.sync()
                say("synced", last)
            }
        }
    }

    private static func say(_ done: String, _ number: UInt64) {
        let line = Array("\(done) \(number)\n".utf8)
        _ = line.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }

    /// Appends records of 4 KiB, 64 at once, then reads and acknowledges them.
    static func measure(_ mebibytes: Int) throws {
        var template = Array("/tmp/sonde-queue-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(what: "no directory below /tmp") }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            _ = unlink(directory + "/queue/cursor")
            _ = rmdir(directory + "/queue")
            _ = rmdir(directory)
        }
        let queue = try DiskQueue(
            in: Descriptor.directory(directory), name: "queue", quota: 8 << 30, dropped: { _ in }, notice: { _ in })
        let batch = Array(repeating: ByteBuffer(repeating: 0x61, count: 4096), count: 64)
        let appending = try seconds { for _ in 0..<mebibytes * 4 { try queue.append(batch) } }
        var position: UInt64 = 1
        let reading = try seconds {
            while let last = try queue.read(from: position, limit: 1 << 20).last {
                position = last.number + 1
            }
        }
        try queue.acknowledge(through: position - 1)
        let passing = try seconds {
            for _ in 0..<1000 {
                try queue.append(batch)
                try queue.acknowledge(through: queue.next - 1)
            }
        }
        print("append \(Int(Double(mebibytes) / appending)) MiB/s, read \(Int(Double(mebibytes) / reading)) MiB/s,")
        print("\(Int(passing * 1000)) us for a batch of 256 KiB that is acknowledged at once, its file made and removed")
    }

    /// CPU time of this thread's process, since others may keep the disk and the cores busy.
    private static func seconds(_ body: () throws -> Void) rethrows -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        let begin = now()
        try body()
        return now() - begin
    }
}
