import StatsCore

/// A CSV file of a run as it is stored: plain, or compressed by `sonde compress` or gzip(1).
enum StoredCSV {
    case plain(FileRange)
    case compressed(FileRange)

    /// Opens a file of a directory. Where both are there, as compressing was interrupted, the plain one counts: either is whole.
    /// - Throws: `DiskError`.
    init(_ name: String, in directory: borrowing Descriptor) throws(DiskError) {
        do throws(DiskError) {
            self = .plain(FileRange(try directory.file(name)))
        } catch {
            guard error.isAbsent else { throw error }
            do throws(DiskError) {
                self = .compressed(FileRange(try directory.file(RunFiles.compressed(name))))
            } catch  where error.isAbsent {
                // It may have been decompressed just now. An error speaks of the name that the run's files are known by.
                self = .plain(FileRange(try directory.file(name)))
            }
        }
    }

    /// How many bytes a plain file has; `nil` for a compressed one, of which only reading tells.
    /// - Throws: `DiskError`.
    func plainSize() throws(DiskError) -> UInt64? {
        switch self {
        case .plain(let file): try file.size()
        case .compressed: nil
        }
    }

    /// - Parameter claim: how many bytes a compressed file may hold, as the run says.
    /// - Throws: `DiskError`.
    func input(claim: UInt64) throws(DiskError) -> CSVInput {
        switch self {
        case .plain(let file): .stream(file)
        case .compressed(let file): .stream(try GzipReader(file, limit: claim))
        }
    }
}
