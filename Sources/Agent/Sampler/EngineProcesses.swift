import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The CPU time of the container engine: what asking it for its stats costs this host.
struct EngineProcesses {
    private static let names: Set<String> = ["dockerd", "containerd", "podman"]
    /// How long to wait before looking for the engine's processes again, in nanoseconds: it means going through all of `/proc`.
    private static let searchInterval: UInt64 = 60_000_000_000

    private let roots: KernelRoots
    private var files: [File] = []
    private var searchedAt: UInt64?

    private final class File {
        let stat: KernelFile
        init(_ stat: consuming KernelFile) { self.stat = stat }
    }

    init(roots: KernelRoots) { self.roots = roots }

    /// CPU time of all its processes in µs; `nil` when none runs. It falls when the engine is restarted.
    mutating func cpu(into buffer: inout ReadBuffer) -> UInt64? {
        if let total = sum(&buffer) { return total }
        let now = Clocks.monotonic()
        if let searchedAt, now - searchedAt < Self.searchInterval { return nil }
        searchedAt = now
        search(&buffer)
        return sum(&buffer)
    }

    private mutating func sum(_ buffer: inout ReadBuffer) -> UInt64? {
        var total: UInt64 = 0
        for file in files {
            guard (try? file.stat.read(into: &buffer)) != nil else {
                // One has ended: the engine was restarted, so all are looked for again.
                files = []
                searchedAt = nil
                return nil
            }
            let process = PidStat(parsing: buffer.bytes)
            total &+= (process.cpuUser ?? 0) &+ (process.cpuSystem ?? 0)
        }
        return files.isEmpty ? nil : total
    }

    private mutating func search(_ buffer: inout ReadBuffer) {
        files = []
        guard let directory = opendir(roots.proc) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard let pid = Int32(name), let stat = try? KernelFile("\(roots.proc)/\(pid)/stat"), (try? stat.read(into: &buffer)) != nil
            else { continue }
            let process = PidStat(parsing: buffer.bytes)
            if Self.names.contains(ByteCursor(buffer.bytes).string(process.comm)) { files.append(File(stat)) }
        }
    }
}
