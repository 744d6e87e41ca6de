import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Tells whether a process has run since it was last asked, by `schedstat` of each of its threads: what a process counts of itself changes only while it runs, and
/// to ask this costs a tenth of reading all that.
///
/// A set of threads changes only by one of them that runs, or by one that ends, whose file then fails. So as long as all that are known stand still, there are no
/// others.
struct ProcessActivity {
    private final class Thread {
        let file: KernelFile
        var last: PidSchedstat?

        init(_ file: consuming KernelFile, _ buffer: inout ReadBuffer) {
            self.file = file
            last = (try? self.file.read(into: &buffer)).flatMap { PidSchedstat(parsing: buffer.bytes) }
        }

        /// Unknown counts as having run.
        func hasRun(_ buffer: inout ReadBuffer) -> Bool {
            guard (try? file.read(into: &buffer)) != nil, let now = PidSchedstat(parsing: buffer.bytes) else {
                last = nil
                return true
            }
            defer { last = now }
            return now != last
        }
    }

    private let directory: String
    private var threads: [Thread] = []
    /// For how many threads the files were opened; `nil` when they have to be opened anew.
    private var count: UInt64?
    /// Whether there are too many threads, or this kernel doesn't say.
    private var isUnknown = false

    /// With more threads, reading their files costs more than what it saves.
    private static let mostThreads = 8

    /// - Parameter directory: `/proc/<pid>`.
    init(_ directory: String) { self.directory = directory }

    /// - Parameter count: of its threads, by its last reading.
    /// - Returns: `true` also when that can't be known.
    mutating func hasRun(threads count: UInt64?, _ buffer: inout ReadBuffer) -> Bool {
        guard let count, count == self.count else {
            follow(count, &buffer)
            return true
        }
        if isUnknown { return true }
        for thread in threads where thread.hasRun(&buffer) {
            // It may have ended; which others there are by now has to be looked up.
            if thread.last == nil { self.count = nil }
            return true
        }
        return false
    }

    private mutating func follow(_ count: UInt64?, _ buffer: inout ReadBuffer) {
        threads.removeAll()
        self.count = count
        isUnknown = true
        guard let count, count <= Self.mostThreads else { return }
        for path in count == 1 ? [directory] : DirectoryList.subdirectories(of: "\(directory)/task").map({ "\(directory)/task/\($0)" }) {
            guard threads.count < Self.mostThreads, let file = try? KernelFile("\(path)/schedstat"), file.isKept else {
                threads.removeAll()
                return
            }
            let thread = Thread(file, &buffer)
            guard thread.last != nil else {
                threads.removeAll()
                return
            }
            threads.append(thread)
        }
        isUnknown = threads.isEmpty
    }
}
