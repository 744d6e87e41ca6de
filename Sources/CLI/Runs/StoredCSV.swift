import StatsCore

/// A CSV file of a run as it is on the disk: plain, or compressed by `sonde compress` or gzip(1).
enum StoredCSV: ~Copyable {
    case plain(Descriptor)
    case compressed(Descriptor)

    /// Opens the file. Where both are there, as compressing was interrupted, the plain one counts: either is whole.
    /// - Throws: `DiskError`.
    init(_ name: String, in directory: borrowing Descriptor) throws(DiskError) {
        do throws(DiskError) {
            self = .plain(try directory.file(name))
        } catch {
            guard error.isAbsent else { throw error }
            do throws(DiskError) {
                self = .compressed(try directory.file(RunFiles.compressed(name)))
            } catch  where error.isAbsent {
                // It may have been decompressed just now. An error speaks of the name that the run's files are known by.
                self = .plain(try directory.file(name))
            }
        }
    }

    /// How many bytes a plain file has; `nil` for a compressed one, of which only reading tells.
    /// - Throws: `DiskError`.
    borrowing func plainSize() throws(DiskError) -> UInt64? {
        switch self {
        case .plain(let file): try file.size()
        case .compressed: nil
        }
    }

    /// - Parameter claim: how many bytes a compressed file may hold, as the run says.
    /// - Throws: `DiskError`.
    consuming func input(claim: UInt64) throws(DiskError) -> CSVInput {
        switch consume self {
        case .plain(let file): return .file(file)
        case .compressed(let file): return .stream(try GzipReader(file, limit: claim))
        }
    }
}
