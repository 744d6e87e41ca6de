import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The process that listens on a TCP port. It is found by the socket's inode in `/proc/net/tcp` and `tcp6` (state 0A is LISTEN) and the links
/// in `/proc/<pid>/fd`. Only root can find other users' processes.
struct PortHolder: CustomStringConvertible {
    let pid: Int
    let command: String

    var description: String { "process \(pid) (\(command))" }

    static func find(port: Int) -> PortHolder? {
        let inodes = Set(["tcp", "tcp6"].flatMap { listeners(Self.text("/proc/net/" + $0), port: port) })
        guard !inodes.isEmpty else { return nil }
        let links = Set(inodes.map { "socket:[\($0)]" })
        guard let proc = try? Descriptor.directory("/proc") else { return nil }
        for pid in proc.names(of: Int(DT_DIR)).compactMap({ Int($0) }) where holds(links, pid: pid) {
            let command = text("/proc/\(pid)/comm").prefix { $0 != "\n" }
            return PortHolder(pid: pid, command: String(command))
        }
        return nil
    }

    /// The inodes of the sockets that listen on `port`, from the text of `/proc/net/tcp`.
    static func listeners(_ table: String, port: Int) -> [String] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == "0A", let colon = fields[1].lastIndex(of: ":"),
                Int(fields[1][fields[1].index(after: colon)...], radix: 16) == port
            else { return nil }
            return String(fields[9])
        }
    }

    private static func holds(_ links: Set<String>, pid: Int) -> Bool {
        let path = "/proc/\(pid)/fd"
        guard let stream = opendir(path) else { return false }
        defer { closedir(stream) }
        var target = [UInt8](repeating: 0, count: 64)
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            let length = target.withUnsafeMutableBufferPointer { room in
                room.withMemoryRebound(to: CChar.self) { readlink(path + "/" + name, $0.baseAddress!, $0.count) }
            }
            if length > 0, links.contains(String(decoding: target[..<length], as: UTF8.self)) { return true }
        }
        return false
    }

    private static func text(_ path: String) -> String {
        var buffer = ReadBuffer()
        guard (try? KernelFile.readOnce(path, into: &buffer)) != nil else { return "" }
        return buffer.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
