import TestSupport

/// A terminal that tests can type into and read: a pane of a tmux server of their own, with a shell in it.
struct TopTerminal {
    private let scene: Scene
    private let environment: [String: String]

    init(_ scene: Scene, columns: Int = 80, rows: Int = 24) async throws {
        self.scene = scene
        // The socket is among the test's files, so that it can't be another user's tmux.
        let directory = try scene.makeDirectory("tmux")
        environment = ["TMUX_TMPDIR": directory, "TMUX": "", "LC_ALL": "C.UTF-8", "ENV": "", "PS1": "$ "]
        try await tmux("new-session", "-d", "-s", "top", "-x", "\(columns)", "-y", "\(rows)", "sh")
        let environment = environment
        scene.later {
            _ = try? await scene.command("tmux", ["-f", "/dev/null", "kill-server"], environment: environment)
        }
    }

    @discardableResult func tmux(_ words: String...) async throws -> String {
        try await scene.command("tmux", ["-u", "-f", "/dev/null"] + words, environment: environment).succeeded()
    }

    /// Types a text literally.
    func type(_ text: String) async throws { try await tmux("send-keys", "-t", "top", "-l", text) }

    /// Presses keys by their names: `Enter`, `Escape`, `Down`, `C-c`.
    func press(_ keys: String...) async throws {
        for key in keys { try await tmux("send-keys", "-t", "top", key) }
    }

    /// Types a command line into the shell.
    func run(_ line: String) async throws {
        try await type(line)
        try await press("Enter")
    }

    /// The lines on the screen.
    func lines() async throws -> [String] {
        try await tmux("capture-pane", "-p", "-t", "top").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// Waits for a screen for which `condition` holds, and returns it.
    @discardableResult func shows(
        _ what: String, within limit: Duration = .seconds(60), _ condition: ([String]) -> Bool
    ) async throws -> [String] {
        var last: [String] = []
        do {
            return try await eventually(what, within: limit, every: .milliseconds(50)) {
                last = try await lines()
                return condition(last) ? last : nil
            }
        } catch let error as NeverCame {
            throw NeverCame(description: "\(error.description)\n\(last.joined(separator: "\n"))")
        }
    }

    @discardableResult func shows(_ text: String, within limit: Duration = .seconds(60)) async throws -> [String] {
        try await shows("'\(text)' on the screen", within: limit) { $0.contains { $0.contains(text) } }
    }

    /// Properties of the pane: `1` or `0` for flags such as `alternate_on` and `cursor_flag`.
    func state(_ names: String...) async throws -> [String] {
        let format = names.map { "#{\($0)}" }.joined(separator: " ")
        return try await tmux("display-message", "-p", "-t", "top", format).split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
