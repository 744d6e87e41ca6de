import Glibc

/// Reads small files as a whole; also those of /proc, whose size is only known after reading.
enum TextFile {
    static func bytes(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw BenchmarkError.system("cannot open \(path)") }
        defer { close(file) }
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(file, &room, room.count)
            guard count >= 0 else { throw BenchmarkError.system("cannot read \(path)") }
            if count == 0 { return bytes }
            bytes += room[..<count]
        }
    }

    static func read(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    /// The number after `key` in lines such as `VmRSS:    1234 kB`.
    static func number(_ key: String, in text: String) -> UInt64? {
        for line in text.split(separator: "\n") where line.hasPrefix(key) {
            return line.split { !$0.isNumber }.last.flatMap { UInt64($0) }
        }
        return nil
    }

    /// How many lines a file has. It works for files that don't fit into memory.
    static func lineCount(_ path: String) throws -> Int {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw BenchmarkError.system("cannot open \(path)") }
        defer { close(file) }
        var room = [UInt8](repeating: 0, count: 1 << 20)
        var lines = 0
        while true {
            let count = Glibc.read(file, &room, room.count)
            guard count >= 0 else { throw BenchmarkError.system("cannot read \(path)") }
            if count == 0 { return lines }
            for index in 0..<count where room[index] == UInt8(ascii: "\n") { lines += 1 }
        }
    }
}
