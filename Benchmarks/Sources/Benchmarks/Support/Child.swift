import Glibc

/// A child process in a process group of its own, so that Ctrl-C in a terminal reaches only the benchmark,
/// which then ends the child in an orderly way.
final class Child {
    let pid: pid_t
    private let name: String
    private let log: String
    private var hasEnded = false

    /// - Parameter log: the file for standard output and standard error.
    init(_ arguments: [String], environment: [String: String] = [:], log: String) throws {
        name = arguments[0]
        self.log = log
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))

        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = Self.environment(adding: environment).map { strdup($0) } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var pid = pid_t()
        let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, &words, &variables)
        guard code == 0 else { throw BenchmarkError.system("cannot start \(arguments[0])", code) }
        self.pid = pid
    }

    deinit { stop() }

    /// Runs a command until it ends.
    /// - Parameter evenIfInterrupted: for cleaning up, which an interrupt must not stop.
    @discardableResult
    static func run(
        _ arguments: [String], environment: [String: String] = [:], log: String, evenIfInterrupted: Bool = false
    ) throws -> String {
        let child = try Child(arguments, environment: environment, log: log)
        let status = try child.wait(evenIfInterrupted: evenIfInterrupted)
        let output = try TextFile.read(log)
        guard status == 0 else {
            throw BenchmarkError("\(arguments.prefix(3).joined(separator: " ")) ended with status \(status):\n\(output.suffix(2000))")
        }
        return output
    }

    /// What a command took.
    struct Use {
        /// Seconds.
        let cpu: Double
        let elapsed: Double
        /// The most memory that it had resident, in bytes.
        let peak: Double
    }

    /// Runs a command until it ends with status 0, and says what it took.
    static func use(of arguments: [String], log: String) throws -> Use {
        let begin = Clock.monotonic()
        let child = try Child(arguments, log: log)
        child.hasEnded = true
        var status: Int32 = 0
        var usage = rusage()
        while wait4(child.pid, &status, 0, &usage) < 0 {
            guard errno == EINTR else { throw BenchmarkError.system("waiting for \(child.name)") }
        }
        guard status == 0 else {
            throw BenchmarkError("\(child.name) ended with status \(status):\n\(try TextFile.read(log).suffix(2000))")
        }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return Use(
            cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime), elapsed: Double(Clock.monotonic() - begin) / 1e9,
            peak: Double(usage.ru_maxrss) * 1024)
    }

    /// Throws when the process has ended, with the last lines of its output.
    func checkAlive() throws {
        var status: Int32 = 0
        guard !hasEnded, waitpid(pid, &status, WNOHANG) == 0 else {
            hasEnded = true
            throw BenchmarkError("\(name) has ended (status \(status)):\n\(((try? TextFile.read(log)) ?? "").suffix(2000))")
        }
    }

    /// The exit status of a process that has ended, and what it said; `nil` while it runs.
    func ended() throws -> (status: Int32, output: String)? {
        var status: Int32 = 0
        guard !hasEnded, waitpid(pid, &status, WNOHANG) == pid else { return nil }
        hasEnded = true
        return (status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f), try TextFile.read(log))
    }

    /// Ends the process at once, as a crash would.
    func crash() {
        guard !hasEnded else { return }
        hasEnded = true
        kill(pid, SIGKILL)
        while waitpid(pid, nil, 0) < 0, errno == EINTR {}
    }

    /// Sends SIGTERM, and SIGKILL after ten seconds.
    func stop() {
        guard !hasEnded else { return }
        hasEnded = true
        kill(pid, SIGTERM)
        let deadline = Clock.monotonic() + 10 * Clock.second
        while waitpid(pid, nil, WNOHANG) == 0 {
            if Clock.monotonic() > deadline { kill(pid, SIGKILL) }
            usleep(5000)
        }
    }

    private func wait(evenIfInterrupted: Bool) throws -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw BenchmarkError.system("waiting for \(name)") }
            guard !evenIfInterrupted else { continue }
            do { try Interrupt.check() } catch {
                kill(-pid, SIGTERM)
                throw error
            }
        }
        hasEnded = true
        return status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
    }

    private static func environment(adding extra: [String: String]) -> [String] {
        var variables: [String] = []
        var entry = environ
        while let variable = entry.pointee {
            let text = String(cString: variable)
            if extra[String(text.prefix { $0 != "=" })] == nil { variables.append(text) }
            entry += 1
        }
        return variables + extra.map { "\($0)=\($1)" }
    }
}
