#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Has a crash of the program leave a line on standard error: which signal, in which function, and who called it.
///
///     sonde-agent 0.1.0 crashed: SIGILL (a check of the program failed) in $s5Agent8ScheduleV4stopyyF+0x1c (0x3f2a1c) < … (0x2f1190) < …
///
/// Names are looked up in the symbol table of the program's file, and stand there as the compiler writes them. The addresses are those of
/// that file, for addr2line(1). Swift's own backtraces need a second program beside the first, which is larger than the agent.
package enum CrashLine {
    /// - Parameter program: the name with which the line begins.
    package static func install(program: String, version: String) {
        guard handler == nil else { return }
        handler = CrashHandler(begin: "\(program) \(version) crashed: ")
        for signal in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
            var action = sigaction()
            action.__sigaction_handler.sa_sigaction = { signal, information, context in
                CrashLine.handler?.handle(signal, information, context)
            }
            // Only once: a fault of the handler's own ends the program at once.
            action.sa_flags = SA_SIGINFO | SA_NODEFER | Int32(truncatingIfNeeded: SA_RESETHAND)
            sigaction(signal, &action, nil)
        }
    }

    /// Set once, before there are other threads.
    nonisolated(unsafe) private static var handler: CrashHandler?
}

/// What runs in the thread that crashed. It may have been stopped anywhere, so that nothing here takes a lock or allocates:
/// all of the memory is there from the start.
private struct CrashHandler {
    private static let frameLimit = 24
    private let line = CrashText(capacity: 16 << 10)
    private let symbols = ProgramSymbols(limit: CrashHandler.frameLimit)
    /// Addresses of code, innermost first.
    private let frames = UnsafeMutablePointer<UInt>.allocate(capacity: CrashHandler.frameLimit)

    init(begin: String) { begin.utf8.forEach(line.append) }

    func handle(_ signal: Int32, _ information: UnsafeMutablePointer<siginfo_t>?, _ context: UnsafeMutableRawPointer?) {
        // Should this hang all the same, SIGALRM ends the program.
        var alarmed = sigaction()
        sigaction(SIGALRM, &alarmed, nil)
        alarm(5)
        describe(signal)
        // SI_USER of sigaction(2).
        if information?.pointee.si_code == 0 { line.append(", sent by a process") }
        let count = collectFrames(context)
        symbols.find(frames, count)
        var index = 0
        while index < count {
            line.append(index == 0 ? " in " : " < ")
            symbols.describe(index, frames[index], in: line)
            index += 1
        }
        line.append(UInt8(ascii: "\n"))
        line.flush()
        raise(signal)
        // The first process of a container isn't ended by its own signal.
        _exit(128 &+ signal)
    }

    private func describe(_ signal: Int32) {
        switch signal {
        case SIGILL: line.append("SIGILL (a check of the program failed)")
        case SIGTRAP: line.append("SIGTRAP (a check of the program failed)")
        case SIGSEGV: line.append("SIGSEGV (bad memory access)")
        case SIGBUS: line.append("SIGBUS (memory that its file or device did not give)")
        case SIGFPE: line.append("SIGFPE (bad arithmetic)")
        default: line.append("SIGABRT (the program gave up)")
        }
    }

    /// Follows the frame pointers of the thread that crashed. Swift keeps them; a C function without one ends the list, or is left out of it.
    private func collectFrames(_ context: UnsafeMutableRawPointer?) -> Int {
        guard let context = context?.assumingMemoryBound(to: ucontext_t.self) else { return 0 }
        #if arch(x86_64)
            frames[0] = UInt(bitPattern: Int(context.pointee.uc_mcontext.gregs.16))
            var frame = UInt(bitPattern: Int(context.pointee.uc_mcontext.gregs.10))
        #else
            frames[0] = UInt(context.pointee.uc_mcontext.pc)
            var frame = UInt(context.pointee.uc_mcontext.regs.29)
        #endif
        // Read as a file, memory that isn't there is an error and no further crash.
        let memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        var words: (frame: UInt, address: UInt) = (0, 0)
        let size = MemoryLayout<(UInt, UInt)>.size
        var count = 1
        while count < CrashHandler.frameLimit, pread(memory, &words, size, Int(bitPattern: frame)) == size, words.address != 0 {
            // One less, so that it lies within the call and not behind it.
            frames[count] = words.address &- 1
            count += 1
            guard words.frame > frame else { break }
            frame = words.frame
        }
        close(memory)
        return count
    }
}
