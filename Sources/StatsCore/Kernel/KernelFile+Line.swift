#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension KernelFile {
    /// The first 4 KiB of a file, as text; `nil` when it can't be read.
    package static func beginning(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = pread(file, &bytes, bytes.count, 0)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// The first line of a small file that is read once, without blanks at its ends; `nil` when there is none, or the file can't be read.
    package static func line(of path: String) -> String? {
        text(of: path).flatMap { $0.split(separator: "\n").first }.flatMap(Self.trimmed)
    }

    /// A file that is read once, as text; `nil` when it can't be read.
    package static func text(of path: String) -> String? {
        var buffer = ReadBuffer(capacity: 4096)
        guard (try? readOnce(path, into: &buffer)) != nil else { return nil }
        return buffer.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// `nil` when only blanks are left.
    static func trimmed(_ text: Substring) -> String? {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\0" }
        var rest = text.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest.isEmpty ? nil : String(rest)
    }
}
