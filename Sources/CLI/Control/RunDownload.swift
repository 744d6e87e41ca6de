import FoundationEssentials
import NIOCore
import StatsCore
import SystemPackage

/// Copies the files of a run from a collector into a directory.
struct RunDownload {
    let client: ControlClient
    let manifest: RunManifest
    let directory: String

    /// - Throws: `CommandFailure` when a file exists already, can't be written, or arrives with another length than the manifest says.
    func run() async throws -> DownloadedFiles {
        try prepareDirectory()
        var copied: [DownloadedFiles.File] = []
        for name in names {
            if let bytes = try await copy(name) {
                copied.append(.init(name: name, bytes: bytes))
            } else if name.hasSuffix(".csv"), let bytes = try await copy(RunFiles.compressed(name)) {
                copied.append(.init(name: RunFiles.compressed(name), bytes: bytes))
            }
        }
        return DownloadedFiles(run: manifest.name, directory: directory, files: copied)
    }

    /// The files that the manifest names and those that every run has: the manifest of a run in progress names none yet. Names that aren't
    /// plain are skipped, since they could lead out of the directory.
    private var names: [String] {
        let tables = TableID.allCases.map { "\($0.name).csv" }
        return Set(manifest.files.keys + tables + ["columns.csv", "gaps.csv", "run.json"]).sorted().filter { name in
            !name.hasPrefix(".") && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
        }
    }

    private func prepareDirectory() throws {
        do {
            try Directories.make(FilePath(directory))
        } catch {
            throw CommandFailure(code: "unwritable", message: "The directory \(directory) can't be made: \(error)")
        }
    }

    /// Returns the file's length; `nil` for a file that this run doesn't have.
    private func copy(_ name: String) async throws -> UInt64? {
        let path = FilePath(directory).appending(name)
        let file: SystemPackage.FileDescriptor
        do {
            file = try .open(path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .fileDefault)
        } catch Errno.fileExists {
            throw CommandFailure(code: "exists", message: "\(path) exists, and nothing is overwritten. Choose another directory.")
        } catch {
            throw CommandFailure(code: "unwritable", message: "\(path) can't be written: \(error)")
        }
        var bytes: UInt64 = 0
        var isWhole = false
        defer {
            try? file.close()
            if !isWhole { try? FileManager.default.removeItem(atPath: path.string) }
        }
        let exists = try await client.download(name, of: manifest.name) { piece in
            do {
                try file.writeAll(piece.readableBytesView)
            } catch {
                throw CommandFailure(code: "unwritable", message: "\(path) can't be written: \(error)")
            }
            bytes += UInt64(piece.readableBytes)
        }
        guard exists else { return nil }
        if let listed = manifest.files[name], !manifest.state.isActive, listed.bytes != bytes {
            throw CommandFailure(
                code: "bad_answer", message: "\(name) arrived with \(bytes) bytes, and the manifest says \(listed.bytes). Try again.")
        }
        isWhole = true
        return bytes
    }
}

/// The result of a download.
struct DownloadedFiles: Presentable {
    struct File: Encodable {
        let name: String
        let bytes: UInt64
    }

    let run: String
    let directory: String
    let files: [File]

    var text: String {
        var table = TextTable("FILE", ">BYTES")
        for file in files { table.append(file.name, HumanUnits.bytes(file.bytes)) }
        return VisibleText.escape("\(run) → \(directory)") + "\n" + table.text()
    }
}

extension FilePermissions {
    /// `rw-r--r--`, minus the umask.
    static let fileDefault: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
}
