import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The files of a tar archive, found by their headers. They are read where they stand: nothing is unpacked.
///
/// Only what `sonde pack` makes, or tar(1) of the same files, is taken: regular files and directories, each name once, and none that leads out of the archive.
final class TarArchive {
    /// Where a file's bytes stand in the archive.
    struct Member: Equatable {
        let bytes: Range<UInt64>
    }

    /// An archive of a few runs has dozens.
    static let mostMembers = 200_000
    private static let longestName = 1024

    let path: String
    /// By name, without a leading `./`.
    private(set) var members: [String: Member] = [:]
    private var directories: Set<String> = []
    private let file: SharedFile
    private let size: UInt64

    /// Whether a path names a regular file.
    static func isFile(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
    }

    /// - Throws: `DiskError`, also for a file that is no such archive, or a damaged one.
    init(_ path: String) throws(DiskError) {
        self.path = path
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        // A link to an archive is followed: the user has named it.
        var resolved = (parent, name)
        if let real = realpath(path, nil) {
            defer { free(real) }
            let target = String(cString: real)
            if let slash = target.lastIndex(of: "/") {
                resolved = (String(target[...slash]), String(target[target.index(after: slash)...]))
            }
        }
        let file = try Descriptor.directory(resolved.0).file(resolved.1)
        size = try file.size()
        self.file = SharedFile(file)
        try readHeaders()
    }

    /// What the names of each run's files begin with, in their order: `x/test000/`.
    var runs: [String] {
        members.keys.filter { $0 == RunFiles.manifest || $0.hasSuffix("/\(RunFiles.manifest)") }
            .map { String($0.dropLast(RunFiles.manifest.count)) }.sorted()
    }

    /// - Returns: `nil` when there is no file of that name.
    func file(_ name: String) -> FileRange? {
        members[name].map { FileRange(file, $0.bytes, path: "\(path)/\(name)") }
    }

    /// All bytes of a file, which has to be small.
    /// - Throws: `DiskError`, also for a file of more than `limit` bytes.
    func contents(_ name: String, limit: UInt64) throws(DiskError) -> [UInt8] {
        guard let member = members[name] else { throw DiskError("open", "\(path)/\(name)", code: ENOENT) }
        let count = member.bytes.upperBound - member.bytes.lowerBound
        guard count <= limit else { throw DiskError.tooLarge("\(path)/\(name)", limit: limit) }
        return try bytes(member.bytes.lowerBound, Int(count))
    }

    // MARK: Headers

    private func damaged(_ reason: String) -> DiskError { DiskError.damaged(path, because: reason) }

    private func bytes(_ offset: UInt64, _ count: Int) throws(DiskError) -> [UInt8] {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { room.deallocate() }
        guard try file.descriptor.read(into: room, at: offset) == count else { throw damaged("the archive is cut short at byte \(size)") }
        return Array(room)
    }

    private func readHeaders() throws(DiskError) {
        let blockSize = UInt64(TarHeader.blockSize)
        var offset: UInt64 = 0
        var extensions: [[UInt8]] = []
        var longName: [UInt8]?
        while true {
            let block = try bytes(offset, TarHeader.blockSize)
            if block.allSatisfy({ $0 == 0 }) { break }
            var header: TarHeader
            do throws(TarHeader.Fault) {
                header = try TarHeader(block)
                if header.kind == .file || header.kind == .directory {
                    if let name = longName { header.name = try TarHeader.text(name[...]) }
                    for records in extensions { try TarExtension.apply(records, to: &header) }
                    (extensions, longName) = ([], nil)
                }
            } catch {
                throw damaged(
                    offset == 0 && error.reason.hasPrefix("it")
                        ? "it is no tar archive of runs: \(error.reason)" : "at byte \(offset): \(error.reason)")
            }
            offset += blockSize
            let length = header.kind == .directory ? 0 : header.size
            guard length <= size - min(size, offset) else {
                throw damaged(
                    "the archive is cut short: \(VisibleText.escape(header.name)) should have \(length) bytes, and ends behind the archive")
            }
            switch header.kind {
            case .extended, .global:
                guard length <= TarExtension.mostBytes, extensions.count < 2 else {
                    throw damaged("at byte \(offset): the extended header is too large")
                }
                extensions.append(try bytes(offset, Int(length)))
            case .longName:
                guard length <= TarExtension.mostBytes, longName == nil else {
                    throw damaged("at byte \(offset): the long name is too large, or there are two")
                }
                longName = try bytes(offset, Int(length))
            case .file, .directory: try add(header, at: offset)
            }
            let end = offset + (length + blockSize - 1) / blockSize * blockSize
            guard end <= size, try bytes(offset + length, Int(end - offset - length)).allSatisfy({ $0 == 0 }) else {
                throw damaged("bytes behind \(VisibleText.escape(header.name)) are not zero, or missing")
            }
            offset = end
        }
        try checkEnd(offset)
    }

    private func add(_ header: TarHeader, at offset: UInt64) throws(DiskError) {
        var name = header.name[...]
        while name.hasPrefix("./") { name = name.dropFirst(2) }
        if header.kind == .directory { while name.hasSuffix("/") { name = name.dropLast() } }
        let shown = VisibleText.escape(String(header.name.prefix(200)))
        if header.kind == .directory, name.isEmpty || name == "." { return }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard name.utf8.count <= Self.longestName, !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }),
            !name.unicodeScalars.contains(where: VisibleText.isHostile)
        else { throw damaged("the name \(shown) can't be in an archive of runs: it leads elsewhere, or is no plain name") }
        for end in 1..<max(1, parts.count) {
            let parent = parts[..<end].joined(separator: "/")
            guard members[parent] == nil else { throw damaged("\(shown) lies below a file") }
            directories.insert(parent)
        }
        let key = String(name)
        if header.kind == .directory {
            guard members[key] == nil else { throw damaged("\(shown) is there twice") }
            directories.insert(key)
        } else {
            guard members[key] == nil, !directories.contains(key) else { throw damaged("\(shown) is there twice") }
            members[key] = Member(bytes: offset..<offset + header.size)
        }
        guard members.count + directories.count <= Self.mostMembers else { throw damaged("it has more than \(Self.mostMembers) files") }
    }

    /// Two blocks of zeros end the archive, and nothing but zeros may follow: tar(1) fills up the last of its records.
    private func checkEnd(_ begin: UInt64) throws(DiskError) {
        guard size - begin >= 2 * UInt64(TarHeader.blockSize) else { throw damaged("the archive is cut short: its end is missing") }
        guard size - begin <= 1 << 20 else { throw damaged("more than a mebibyte follows the archive's end") }
        guard try bytes(begin, Int(size - begin)).allSatisfy({ $0 == 0 }) else {
            throw damaged("something else than zeros follows the archive's end")
        }
    }
}
