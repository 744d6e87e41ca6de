import ArgumentParser
import Logging
import RemoteWrite
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How fast ticks become samples. `InnerLoops remote-write-speed COUNT` encodes so many ticks of a host with 30 containers, in each protocol;
/// `InnerLoops remote-write URL SECONDS [PROTOCOL]` sends ticks of 200 such hosts to a receiver, as fast as that takes them, over the queue on disk.
enum RemoteWriteLoop {
    private static let nodes = (0..<200).map { "node-\($0)" }
    private static let columns = SenderColumns(FrameRows.columns.reduce(into: [:]) { $0[$1.key.name] = $1.value.names })

    static func measure(_ count: Int) throws {
        let frame = InnerLoops.large.bytes
        let tick = try TickFrame(frame.span.bytes)
        for `protocol` in RemoteWriteProtocol.allCases {
            let encoder = SeriesEncoder(`protocol`, shards: 4) { _ in columns }
            var (samples, bytes) = (0, 0)
            let begin = cpuSeconds()
            for number in 0..<count {
                var record = ByteWriter(capacity: frame.count + 600)
                _ = record.append(
                    tick, frame: frame.span.bytes, node: nodes[number % nodes.count], kernel: "6.1", columns: columns.number,
                    withProcesses: false)
                _ = record.withUnsafeBytes { encoder.take($0.bytes) }
                guard encoder.samples >= 40_000 || number == count - 1 else { continue }
                for request in encoder.finish() {
                    samples += request.samples
                    bytes += request.body.count
                }
            }
            let seconds = cpuSeconds() - begin
            print(
                "protocol \(`protocol`.rawValue): \(samples / count) samples a tick, \(Int(Double(samples) / seconds / 1000)) thousand a CPU second,",
                "\(bytes / max(samples, 1)) bytes a sample")
        }
    }

    static func run(to url: String, seconds: Int, protocol: String) async throws {
        var template = Array("/tmp/sonde-remote-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(what: "no directory below /tmp") }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let words = ["--remote-write", url, "--remote-write-protocol", `protocol`]
        guard let settings = try RemoteWriteSettings(RemoteWriteOptions.parse(words), environment: [:]) else { return }
        let start = Clocks.wall() / 1000 - 3_600_000_000
        let remote = try RemoteWrite(
            settings, in: Descriptor.directory(directory), instance: "loop", withProcesses: false, clock: { Clocks.wall() / 1000 },
            logger: Logger(label: "remote-write"))
        let (begin, deadline) = (cpuSeconds(), Clocks.monotonicMicroseconds() + Int64(seconds) * 1_000_000)
        let sending = Task { await remote.run { OwnFamilies() } }
        var step: Int64 = 0
        while Clocks.monotonicMicroseconds() < deadline {
            let frame = InnerLoops.large.at(start + step * 1_000_000).bytes
            let tick = try TickFrame(frame.span.bytes)
            for node in nodes { remote.take(tick, frame: frame.span.bytes, node: node, kernel: "6.1", columns: columns) }
            step += 1
            remote.flush()
            while (remote.reports.first?.pendingBytes ?? 0) > 64 << 20 { try await Task.sleep(for: .milliseconds(5)) }
            await Task.yield()
        }
        sending.cancel()
        await sending.value
        await remote.end()
        let used = cpuSeconds() - begin
        guard let report = remote.reports.first else { return }
        print(
            "\(report.samples) samples in \(used) CPU seconds: \(Int(Double(report.samples) / used / 1000)) thousand a CPU second; up: \(report.up), \(report.reason ?? ""), \(report.dropped), left \(report.pendingBytes)"
        )
    }

    private static func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
