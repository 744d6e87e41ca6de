#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Counts what went wrong while several files were read.
package struct ReadTally: Sendable, Equatable {
    /// The process or cgroup that the files describe has ended; there will be no further values.
    package var isGone = false
    /// Files that failed although what they describe still exists.
    package var errors: UInt64 = 0
    /// Files that this user may not read; each counts once.
    package var denied: UInt64 = 0
    /// Files that are opened at each reading because the descriptors ran out; each counts once.
    package var unkept: UInt64 = 0

    package init() {}
}

/// A kernel file that may not exist in this kernel or container, or not be readable by this user. Once absent it isn't tried again.
///
/// When the process has run out of descriptors, or the file mustn't stay open, it is opened and closed at each reading instead.
package struct OptionalFile: ~Copyable {
    private enum State: ~Copyable {
        case absent
        case kept(KernelFile)
        case unkept(path: String, shape: KernelFile.Shape)
    }

    private var state: State

    /// - Parameters:
    ///   - directory: `nil` when the file is known not to exist.
    ///   - isKept: whether its descriptor may stay open.
    package init(
        _ directory: String?, _ name: StaticString, shape: KernelFile.Shape = .piece, isKept: Bool = true, _ tally: inout ReadTally
    ) {
        guard let directory else {
            state = .absent
            return
        }
        let path = "\(directory)/\(name)"
        do {
            let file = try KernelFile(path, shape: shape)
            if !isKept {
                state = .unkept(path: path, shape: shape)
            } else if file.number < Self.keptDescriptors {
                state = .kept(file)
            } else {
                tally.unkept += 1
                state = .unkept(path: path, shape: shape)
            }
        } catch {
            switch error.code {
            case EMFILE, ENFILE:
                tally.unkept += 1
                state = .unkept(path: path, shape: shape)
            case EACCES, EPERM:
                tally.denied += 1
                state = .absent
            default:
                if !error.isGone, error.code != ENOTDIR { tally.errors += 1 }
                state = .absent
            }
        }
    }

    /// Descriptors below this number may be kept open. The rest of the limit is for sockets, the spool and files that are opened at each reading.
    /// The limit is read once, at the first use (RLIMIT_NOFILE, getrlimit(2)).
    package static let keptDescriptors: Int32 = {
        guard let most = DescriptorLimit.current else { return 512 }
        return Int32(clamping: most - min(most / 4, 64))
    }()

    package var isAbsent: Bool {
        switch state {
        case .absent: true
        default: false
        }
    }

    /// Reads the file; `false` when there is nothing to parse, and `tally` counts the reason.
    @inline(__always)
    package mutating func read(into buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Bool {
        do throws(KernelReadError) {
            switch state {
            case .absent: return false
            case .kept(let file): try file.read(into: &buffer)
            case .unkept(let path, let shape): try KernelFile(path, shape: shape).read(into: &buffer)
            }
            return true
        } catch {
            return failed(error, &tally)
        }
    }

    /// Reads and parses the file. A file that can't be read is parsed as empty, so that no value of an earlier reading remains.
    package mutating func read(into buffer: inout ReadBuffer, _ tally: inout ReadTally, _ parse: (RawSpan) -> Void) {
        if read(into: &buffer, &tally) { parse(buffer.bytes) } else { parse(RawSpan()) }
    }

    private mutating func failed(_ error: KernelReadError, _ tally: inout ReadTally) -> Bool {
        switch error.code {
        case EACCES, EPERM:
            tally.denied += 1
            state = .absent
        case EOPNOTSUPP:
            // cgroup.procs of a threaded cgroup, a counter of a disabled controller, pressure under psi=0: the file has no content here.
            state = .absent
        default:
            if error.isGone { tally.isGone = true } else { tally.errors += 1 }
        }
        return false
    }
}

extension KernelFile {
    /// Whether there are descriptors enough to keep it open.
    package var isKept: Bool { number < OptionalFile.keptDescriptors }
}
