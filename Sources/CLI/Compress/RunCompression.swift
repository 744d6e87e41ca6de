import StatsCore

/// Replaces the tables of a closed run by gzip files, or the reverse; columns.csv and gaps.csv stay plain. What run.json says of the files stays true: it speaks of what they hold.
///
/// A file is only replaced by one that holds exactly the bytes that run.json names: the new one is written under a hidden name, synced, read back, and renamed,
/// and then the old one is removed. Whoever is killed in between leaves either of them, or both, and each is whole; doing it again finishes it.
struct RunCompression: ~Copyable {
    private let directory: Descriptor
    private let direction: CompressedRun.Direction

    /// Does it to the run in a directory.
    /// - Throws: `CommandFailure`; files that were done by then stay so.
    static func run(_ path: String, _ direction: CompressedRun.Direction) throws -> CompressedRun {
        let directory = try Self.directory(path)
        var faults = RunFaults()
        let claims = try RunClaims(RunSource(path), &faults)
        guard claims.isClosed else {
            throw CommandFailure(
                code: "run_active",
                message: "The run \(claims.manifest.name) is \(claims.manifest.state.rawValue), not closed. \(RunOnDisk.howToClose(path))")
        }
        guard directory.lock() else {
            throw CommandFailure(code: "busy", message: "Another program works on the files in \(path); try again when it is done.")
        }
        let compression = RunCompression(directory: directory, direction: direction)
        do {
            return try compression.run(claims, path)
        } catch let error as DiskError {
            throw error.isFull
                ? CommandFailure(code: "unwritable", message: "\(error). No file was lost: make room, and give the command again.")
                : CommandFailure(code: "unreadable", message: "\(error). That file stays as it is: `sonde verify` says what is wrong.")
        } catch let error as SyncFailure {
            throw CommandFailure(
                code: "unwritable", message: "\(error.cause). No file was lost: see to the disk, and give the command again.")
        }
    }

    private static func directory(_ path: String) throws(CommandFailure) -> Descriptor {
        do throws(DiskError) {
            return try Descriptor.directory(path)
        } catch {
            guard error.isInTheWay, try RunSource.archive(at: path) != nil else {
                throw CommandFailure(code: "unreadable", message: "\(error).")
            }
            throw CommandFailure(
                code: "unreadable",
                message:
                    "\(path) is an archive, or a run in one, whose tables are compressed already. To change files, unpack it with `tar xf`."
            )
        }
    }

    private init(directory: consuming Descriptor, direction: CompressedRun.Direction) {
        self.directory = directory
        self.direction = direction
    }

    private borrowing func run(_ claims: RunClaims, _ path: String) throws -> CompressedRun {
        var result = CompressedRun(directory: path, direction: direction)
        for (name, claim) in claims.files.sorted(by: { $0.key < $1.key }) {
            // run.json may have been edited by anybody.
            guard name.hasSuffix(".csv"), !name.hasPrefix("."), !name.contains("/") else { continue }
            let (isPlain, isCompressed) = (directory.holds(name), directory.holds(RunFiles.compressed(name)))
            guard isPlain || isCompressed else {
                result.absent.append(name)
                continue
            }
            // Earlier versions compressed all of them: then these are made plain again.
            let becomesPlain = direction == .decompressed || RunFiles.staysPlain(name)
            switch (becomesPlain, isPlain, isCompressed) {
            case (false, true, _): try compress(name, claim)
            case (true, true, true): try finish(name, claim)
            case (true, false, true): try decompress(name, claim)
            default: break
            }
            let held = becomesPlain ? name : RunFiles.compressed(name)
            result.files.append(CompressedRun.File(name: held, bytes: try directory.file(held).size(), holds: claim.bytes))
        }
        return result
    }

    // MARK: One file

    private borrowing func compress(_ name: String, _ claim: RunClaims.File) throws {
        let new = RunFiles.compressed(name)
        try replace(name, by: new) { temporary in
            let writer = try GzipWriter(directory.newFile(temporary))
            try pass(.file(directory.file(name)), of: name, claim) { piece throws(DiskError) in try writer.write(piece) }
            try writer.finish()
            // What can't be read again must not take the place of what can.
            try pass(.stream(GzipReader(directory.file(temporary), limit: claim.bytes)), of: new, claim)
        }
    }

    private borrowing func decompress(_ name: String, _ claim: RunClaims.File) throws {
        let old = RunFiles.compressed(name)
        try replace(old, by: name) { temporary in
            let file = try directory.newFile(temporary)
            var length: UInt64 = 0
            try pass(.stream(GzipReader(directory.file(old), limit: claim.bytes)), of: old, claim) { piece throws(DiskError) in
                try file.write(UnsafeRawBufferPointer(piece).bytes, at: length)
                length += UInt64(piece.count)
            }
            try file.sync()
        }
    }

    /// Both files are there. Either is whole, unless somebody else has put one of them there.
    private borrowing func finish(_ name: String, _ claim: RunClaims.File) throws {
        try pass(.file(directory.file(name)), of: name, claim)
        try directory.remove(RunFiles.compressed(name))
        try directory.sync()
    }

    /// - Parameter write: makes the new file, under the name that it gets, and waits until it is on the disk.
    private borrowing func replace(_ old: String, by new: String, _ write: (_ temporary: String) throws -> Void) throws {
        let temporary = ".\(new).new"
        if directory.holds(temporary) { try directory.remove(temporary) }
        do {
            try write(temporary)
            try directory.rename(temporary, to: new)
        } catch {
            if directory.holds(temporary) { try? directory.remove(temporary) }
            throw error
        }
        try directory.sync()
        try directory.remove(old)
        try directory.sync()
    }

    /// Passes all bytes on, piece by piece, and holds them against what run.json says.
    /// - Throws: `CommandFailure` when they are others.
    private borrowing func pass(
        _ input: consuming CSVInput, of name: String, _ claim: RunClaims.File,
        to sink: (UnsafeMutableRawBufferPointer) throws(DiskError) -> Void = { _ in }
    ) throws {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { room.deallocate() }
        var sum = SHA256Sum()
        var bytes: UInt64 = 0
        while bytes <= claim.bytes {
            let count = try input.read(into: room, at: bytes)
            let piece = UnsafeMutableRawBufferPointer(rebasing: room[..<count])
            sum.update(UnsafeRawBufferPointer(piece))
            bytes += UInt64(count)
            try sink(piece)
            if count < room.count { break }
        }
        guard bytes == claim.bytes, sum.hexadecimal == claim.sha256 else {
            throw CommandFailure(
                code: "damaged",
                message:
                    "\(directory.child(name)) doesn't hold what \(RunFiles.manifest) says, and stays as it is. `sonde verify` says what is wrong."
            )
        }
    }
}
