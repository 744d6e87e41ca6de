import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A kernel file of the host that this kernel may lack, or may not show to this user. Then its columns stay empty.
struct HostFile: ~Copyable {
    private var file: KernelFile?
    private var hasBeenRead = false

    /// - Parameter errors: counts a file that is there and could not be opened.
    init(_ path: String, shape: KernelFile.Shape = .piece, errors: inout UInt64) {
        do {
            file = try KernelFile(path, shape: shape)
        } catch {
            file = nil
            if !Self.isAbsence(error.code) { errors += 1 }
        }
    }

    var isPresent: Bool { file != nil }

    /// Reads the file and has it parsed; what can't be read is parsed as empty, so that no value of an earlier reading stays.
    ///
    /// - Parameter errors: counts a reading that failed.
    mutating func read(into buffer: inout ReadBuffer, errors: inout UInt64, _ parse: (RawSpan) -> Void) {
        guard file != nil else { return parse(RawSpan()) }
        do {
            try file?.read(into: &buffer)
            hasBeenRead = true
        } catch {
            // Pressure files are there, and refuse to be read, on a kernel started with psi=0.
            if !hasBeenRead, Self.isAbsence(error.code) { file = nil } else { errors += 1 }
            return parse(RawSpan())
        }
        parse(buffer.bytes)
    }

    private static func isAbsence(_ code: Int32) -> Bool {
        [ENOENT, ENOTDIR, EACCES, EPERM, EOPNOTSUPP, ENXIO, ENODEV].contains(code)
    }
}
