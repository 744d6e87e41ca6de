import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The file of the prompt's history: `$XDG_STATE_HOME/sonde/history`, or `~/.local/state/sonde/history`.
///
/// A history is a convenience: if it can't be read or written, there is none, without an error.
struct HistoryFile {
    private let path: FilePath

    /// - Parameter environment: returns a variable's value. A relative path is ignored, as the XDG Base Directory Specification asks.
    init?(environment: (String) -> String?) {
        if let state = environment("XDG_STATE_HOME"), state.hasPrefix("/") {
            path = FilePath(state).appending("sonde").appending("history")
        } else if let home = environment("HOME"), home.hasPrefix("/") {
            path = FilePath(home).appending(".local/state/sonde/history")
        } else {
            return nil
        }
    }

    func load() -> [String] {
        guard let data = FileManager.default.contents(atPath: path.string) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Writes a temporary file and renames it, so that of two prompts that end at once one complete history remains.
    func save(_ lines: [String]) {
        let directory = path.removingLastComponent()
        try? Directories.make(directory, mode: 0o700)
        let draft = directory.appending("history.\(getpid())")
        guard
            let file = try? FileDescriptor.open(
                draft, .writeOnly, options: [.create, .truncate, .closeOnExec, .noFollow], permissions: [.ownerReadWrite])
        else { return }
        let text = lines.suffix(History.longest).map { $0 + "\n" }.joined()
        do {
            defer { try? file.close() }
            try file.writeAll(text.utf8)
        } catch {
            unlink(draft.string)
            return
        }
        if rename(draft.string, path.string) != 0 { unlink(draft.string) }
    }
}
