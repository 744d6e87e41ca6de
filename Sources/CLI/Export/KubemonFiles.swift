import StatsCore

/// Files of one kind of monitor, of which there may be thousands. What is written waits in memory, and goes to the files when it has become much.
struct KubemonFiles: ~Copyable {
    /// In bytes.
    private static let room = 16 << 20
    /// A file's name has at most 255 bytes.
    private static let nameLimit = 240

    private struct File {
        let name: String
        var waiting: [UInt8]
        var length: UInt64 = 0
    }

    private let directory: Descriptor
    private var files: [File] = []
    private var names: Set<String> = []
    private var waiting = 0
    private(set) var bytes: UInt64 = 0
    private(set) var rows: UInt64 = 0

    init(_ directory: consuming Descriptor) { self.directory = directory }

    var count: Int { files.count }

    /// Begins a file.
    /// - Returns: its number.
    mutating func add(_ parts: [String], header: [UInt8]) -> Int {
        let plain = parts.joined(separator: "_").unicodeScalars.map { scalar in
            scalar == "/" || scalar.properties.generalCategory == .control ? "_" : String(scalar)
        }.joined()
        var base = plain
        while base.utf8.count > Self.nameLimit { base.removeLast() }
        var name = base
        var number = 2
        while !names.insert(name).inserted {
            name = "\(base)_\(number)"
            number += 1
        }
        files.append(File(name: name + ".csv", waiting: header))
        return files.count - 1
    }

    /// Appends a row.
    /// - Throws: `DiskError`.
    mutating func append(to file: Int, _ row: [UInt8]) throws(DiskError) {
        files[file].waiting += row
        waiting += row.count
        rows += 1
        if waiting > Self.room { try flush() }
    }

    /// Writes what waits.
    /// - Throws: `DiskError`.
    mutating func flush() throws(DiskError) {
        for index in files.indices where !files[index].waiting.isEmpty {
            let rows = files[index].waiting
            try directory.fileOrNew(files[index].name).write(rows.span.bytes, at: files[index].length)
            files[index].length += UInt64(rows.count)
            files[index].waiting = []
            bytes += UInt64(rows.count)
        }
        waiting = 0
    }

    /// Writes what waits, and waits until all of it is on the disk.
    /// - Throws: `DiskError`, `SyncFailure`.
    mutating func finish() throws {
        try flush()
        for file in files { try directory.file(file.name).sync() }
        try directory.sync()
    }
}
