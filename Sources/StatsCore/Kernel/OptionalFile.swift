#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What happened while a number of files were read.
package struct ReadTally: Sendable, Equatable {
    /// What the files describe has ended; what they gave before is all that there is.
    package var isGone = false
    /// Files that failed although what they describe still lives.
    package var errors: UInt64 = 0
    /// Files that the kernel doesn't let this user read; each counts once.
    package var denied: UInt64 = 0
    /// Files that are opened for each reading, because there were no descriptors left to keep them open; each counts once.
    package var unkept: UInt64 = 0

    package init() {}
}

/// A kernel file that this kernel, this container or this user may not have: absent once, it is absent for good and costs nothing.
///
/// When the process has run out of descriptors the file is opened and closed at each reading instead.
package struct OptionalFile: ~Copyable {
    private enum State: ~Copyable {
        case absent
        case kept(KernelFile)
        case unkept(path: String, shape: KernelFile.Shape)
    }

    private var state: State

    /// - Parameter directory: `nil` for a file that is known not to be there.
    package init(_ directory: String?, _ name: StaticString, shape: KernelFile.Shape = .piece, _ tally: inout ReadTally) {
        guard let directory else {
            state = .absent
            return
        }
        let path = "\(directory)/\(name)"
        do {
            let file = try KernelFile(path, shape: shape)
            if file.number < Self.keptDescriptors {
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

    /// Descriptors that may be kept. The rest is left for sockets, spool and the files that are opened for each reading;
    /// the limit itself is whatever this process had when it first asked (RLIMIT_NOFILE, getrlimit(2)).
    private static let keptDescriptors: Int32 = {
        guard let most = DescriptorLimit.current else { return 512 }
        return Int32(clamping: most - min(most / 4, 64))
    }()

    package var isAbsent: Bool {
        switch state {
        case .absent: true
        default: false
        }
    }

    /// Reads the file; `false` when there is nothing to parse, and `tally` says why.
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

    /// Reads the file and has it parsed; what can't be read is parsed as empty, so that no value of an earlier reading stays.
    package mutating func read(into buffer: inout ReadBuffer, _ tally: inout ReadTally, _ parse: (RawSpan) -> Void) {
        if read(into: &buffer, &tally) { parse(buffer.bytes) } else { parse(RawSpan()) }
    }

    private mutating func failed(_ error: KernelReadError, _ tally: inout ReadTally) -> Bool {
        switch error.code {
        case EACCES, EPERM:
            tally.denied += 1
            state = .absent
        case EOPNOTSUPP:
            // A cgroup.procs in a threaded cgroup, a counter of a controller that is switched off, pressure under psi=0: not here.
            state = .absent
        default:
            if error.isGone { tally.isGone = true } else { tally.errors += 1 }
        }
        return false
    }
}
