import Glibc

/// Reads the same files that the agent holds open, without using the content. This is what the kernel itself costs.
///
/// Each file is opened once, and a tick reads it with as few calls as possible: it leaves out the last read, with which a parser
/// finds the end of the file.
final class BareReader {
    private struct File {
        let descriptor: Int32
        let reads: Int
    }

    private var files: [File] = []
    private var room = [UInt8](repeating: 0, count: 256 * 1024)

    /// - Parameter pid: the agent's.
    convenience init(filesOf pid: pid_t) throws {
        try self.init(Self.kernelFiles(of: pid).sorted())
        if files.isEmpty { throw BenchmarkError("the agent holds no kernel files open") }
    }

    /// Those that can't be opened are left out.
    init(_ paths: [String]) {
        for path in paths {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            var reads = 0
            var offset = 0
            while true {
                let count = pread(descriptor, &room, room.count, off_t(offset))
                if count <= 0 { break }
                offset += count
                reads += 1
            }
            files.append(File(descriptor: descriptor, reads: max(reads, 1)))
        }
    }

    deinit { files.forEach { close($0.descriptor) } }

    var count: Int { files.count }

    /// Reads everything once.
    func read() {
        for file in files {
            var offset = 0
            for _ in 0..<file.reads {
                let count = pread(file.descriptor, &room, room.count, off_t(offset))
                if count <= 0 { break }
                offset += count
            }
        }
    }

    private static func kernelFiles(of pid: pid_t) throws -> Set<String> {
        guard let directory = opendir("/proc/\(pid)/fd") else { throw BenchmarkError.system("cannot list the agent's descriptors") }
        defer { closedir(directory) }
        var paths: Set<String> = []
        var target = [UInt8](repeating: 0, count: 4096)
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            let length = target.withUnsafeMutableBytes { readlink("/proc/\(pid)/fd/\(name)", $0.baseAddress!, $0.count) }
            guard length > 0 else { continue }
            let path = String(decoding: target[..<length], as: UTF8.self)
            if path.hasPrefix("/proc/") || path.hasPrefix("/sys/") { paths.insert(path) }
        }
        return paths
    }
}
