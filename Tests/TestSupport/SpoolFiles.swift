import Foundation

/// A directory with a spool, whose files a test looks at and damages.
package protocol SpoolFiles {
    var directory: String { get }
}

extension SpoolFiles {
    package var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: directory + "/spool")) ?? []).sorted() }
    package var segments: [String] { names.filter { $0.hasSuffix(".segment") } }

    package func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: "\(directory)/spool/\(name)")) }
    package func write(_ bytes: Data, to name: String) throws { try bytes.write(to: URL(filePath: "\(directory)/spool/\(name)")) }

    /// All files and their contents.
    package func contents() throws -> [String: Data] {
        try Dictionary(uniqueKeysWithValues: names.map { ($0, try bytes($0)) })
    }
}
