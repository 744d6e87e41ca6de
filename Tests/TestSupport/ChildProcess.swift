import Glibc

/// A program that runs beside a test. It is killed at the end of the test at the latest.
///
/// It has no environment, and no descriptor of the test's process but its standard ones. NIO's sockets and Foundation's pipes are inherited by whatever is begun anywhere in the process: a
/// listener that another test closes would still take connections, and an end of file that it waits for would not come, for as long as this program runs.
/// Foundation's `Process` waits for such an end of file.
package final class ChildProcess {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package let pid: pid_t
    /// What waitpid(2) told; `nil` until then.
    private var status: Int32?
    /// The test's end of its standard input; -1 when it is closed.
    private var input: Int32
    /// The test's end of its standard output.
    private let output: Int32

    /// - Parameter program: its path. It reads what is written here, and what it prints is read here.
    /// - Throws: `Failure` when it can't be started.
    package init(_ program: String, _ arguments: String...) throws {
        let (input, output) = try (Self.pipe(), Self.pipe())
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.reading, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writing, 1)
        addCloseFrom(&actions, 3)
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, program, &actions, nil, &words, nil)
        close(input.reading)
        close(output.writing)
        guard failure == 0 else {
            close(input.writing)
            close(output.reading)
            throw Failure(description: "\(program) can't be started: \(String(cString: strerror(failure)))")
        }
        (self.pid, self.input, self.output) = (pid, input.writing, output.reading)
    }

    deinit {
        kill()
        close(output)
    }

    /// Waits until it has ended by itself.
    /// - Returns: its exit status; with a signal, 128 and its number.
    @discardableResult package func wait() -> Int32 {
        var told: Int32 = status ?? 0
        if status == nil {
            while waitpid(pid, &told, 0) < 0, errno == EINTR {}
            status = told
            closeInput()
        }
        return told & 0x7f == 0 ? told >> 8 & 0xff : 128 + told & 0x7f
    }

    /// Kills it, and waits until it is gone. Another signal might be blocked: it inherits that from the thread that began it.
    package func kill() {
        if status == nil { signal(SIGKILL) }
        wait()
    }

    /// Sends it a signal.
    package func signal(_ number: Int32) { _ = Glibc.kill(pid, number) }

    package func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    package func write(_ text: String) throws {
        let bytes = Array(text.utf8)
        let input = input
        guard bytes.withUnsafeBytes({ systemWrite(input, $0.baseAddress, $0.count) }) == bytes.count else {
            throw Failure(description: "process \(pid) takes nothing: \(String(cString: strerror(errno)))")
        }
    }

    /// Waits for what it prints next; empty when it has closed its output.
    package func read() -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let output = output
        let count = bytes.withUnsafeMutableBytes { systemRead(output, $0.baseAddress, $0.count) }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    private static func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipeWith(&ends, O_CLOEXEC) == 0 else {
            throw Failure(description: "no pipe can be made: \(String(cString: strerror(errno)))")
        }
        return (ends[0], ends[1])
    }
}

// read(2) and write(2), which the type's own functions of those names hide.
private func systemRead(_ file: Int32, _ room: UnsafeMutableRawPointer?, _ count: Int) -> Int { read(file, room, count) }
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }

// Of glibc 2.34 and later, and of 2.9, which their headers declare with _GNU_SOURCE only.
@_silgen_name("posix_spawn_file_actions_addclosefrom_np") @discardableResult private func addCloseFrom(
    _ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: Int32
) -> Int32
@_silgen_name("pipe2") private func pipeWith(_ ends: UnsafeMutablePointer<Int32>, _ flags: Int32) -> Int32
