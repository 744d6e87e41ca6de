import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What stands between `sonde` and the recorded command: the same program once more, which enters the command's cgroup and becomes the command. Nobody else can move a
/// process before it begins, and a shell would drop variables whose names it can't have.
enum CommandEntry {
    private static let word = "--enter-cgroup"

    /// - Parameter entrances: the files into which it writes itself.
    static func arguments(_ entrances: [String], _ executable: String, _ words: [String]) -> [String] {
        [word] + entrances + ["--", executable] + words
    }

    /// Becomes the command, if these are such arguments; else returns. To be called before anything else is done.
    static func becomeCommand(_ arguments: [String]) {
        guard arguments.dropFirst().first == word, let end = arguments.firstIndex(of: "--"), arguments.count > end + 2 else { return }
        for entrance in arguments[2..<end] where !enter(entrance) {
            say("sonde: the command can't enter its cgroup, so its unit lacks it: \(entrance): \(String(cString: strerror(errno)))\n")
        }
        let words = arguments[(end + 2)...].map { strdup($0) } + [nil]
        execv(arguments[end + 1], words)
        let reason = errno
        say("sonde: \(arguments[end + 2]) can't be run: \(String(cString: strerror(reason)))\n")
        _exit(reason == ENOENT ? 127 : 126)
    }

    /// 0 is the process that writes it.
    private static func enter(_ file: String) -> Bool {
        let descriptor = open(file, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return write(descriptor, "0", 1) == 1
    }

    private static func say(_ text: String) { _ = text.withCString { write(2, $0, strlen($0)) } }
}
