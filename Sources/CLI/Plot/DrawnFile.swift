import StatsCore
import SystemPackage

/// The path of a file that was drawn.
struct DrawnFile: Presentable {
    let file: String
    let bytes: Int
    let remarks: [String]

    var text: String { "Wrote \(VisibleText.escape(file)) (\(HumanUnits.bytes(UInt64(bytes))))" }

    /// Writes under a temporary name first, so that an existing drawing stays complete until the new one is.
    /// - Parameter suffix: the required end of the name, so that a typing error can't replace a run's data by a picture.
    /// - Throws: `CommandFailure`.
    static func write(_ text: String, to path: String, suffix: String, remarks: [String]) throws -> DrawnFile {
        let path = FilePath(path)
        guard let name = path.lastComponent?.string, name.lowercased().hasSuffix(suffix), name.count > suffix.count else {
            throw CommandFailure(
                code: "bad_output", message: "--output \(path) doesn't end in \(suffix): what is drawn goes into such a file.")
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
