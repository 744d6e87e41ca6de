import ArgumentParser
import StatsCore
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The path of a file that was drawn.
struct DrawnFile: Presentable {
    let file: String
    let bytes: Int
    let remarks: [String]

    var text: String { "Wrote \(VisibleText.escape(file)) (\(HumanUnits.bytes(UInt64(bytes))))" }

    /// Checks where something is to be written, before what takes long begins.
    /// - Throws: `ValidationError`.
    static func check(_ path: String, suffix: String) throws(ValidationError) {
        let given = FilePath(path)
        guard let name = given.lastComponent?.string, isName(name, suffix) else { throw ValidationError(wrongName(path, suffix)) }
        let parent = given.removingLastComponent()
        var facts = stat()
        guard stat(parent.isEmpty ? "." : parent.string, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR else {
            throw ValidationError(
                "--output \(VisibleText.escape(path)): there is no directory \(VisibleText.escape(parent.string)). Make it, or name another one."
            )
        }
    }

    private static func isName(_ name: String, _ suffix: String) -> Bool {
        name.lowercased().hasSuffix(suffix) && name.count > suffix.count
    }

    private static func wrongName(_ path: String, _ suffix: String) -> String {
        "--output \(VisibleText.escape(path)) doesn't end in \(suffix): what is drawn goes into such a file."
    }

    /// Writes under a temporary name first, so that an existing drawing stays complete until the new one is.
    /// - Parameter suffix: the required end of the name, so that a typing error can't replace a run's data by a picture.
    /// - Throws: `CommandFailure`.
    static func write(_ text: String, to given: String, suffix: String, remarks: [String]) throws -> DrawnFile {
        let path = FilePath(given)
        guard let name = path.lastComponent?.string, isName(name, suffix) else {
            throw CommandFailure(code: "bad_output", message: wrongName(given, suffix))
        }
        let parent = path.removingLastComponent()
        do {
            _ = try Descriptor.directory(parent.isEmpty ? "." : parent.string).replace(name, with: Array(text.utf8))
        } catch {
            throw CommandFailure(code: "unwritable", message: "\(error).")
        }
        return DrawnFile(file: path.string, bytes: text.utf8.count, remarks: remarks)
    }
}
