/// `/etc/os-release`: which distribution this is (os-release(5)).
///
///     PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
///     NAME="Debian GNU/Linux"
///     VERSION_ID="12"
package struct OSRelease: Sendable, Equatable {
    /// `Debian GNU/Linux 12 (bookworm)`: `PRETTY_NAME`, else `NAME` with `VERSION`.
    package private(set) var name: String?

    package init(parsing text: String) {
        var values: [Substring: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let sign = line.firstIndex(of: "=") else { continue }
            values[line[..<sign]] = Self.unquoted(line[line.index(after: sign)...])
        }
        name = values["PRETTY_NAME"] ?? values["NAME"].map { name in values["VERSION"].map { "\(name) \($0)" } ?? name }
    }

    /// A value is written as in a shell: in quotes or without, with backslashes before what would mean something.
    private static func unquoted(_ value: Substring) -> String? {
        var value = value
        while let last = value.last, last == " " || last == "\t" || last == "\r" { value.removeLast() }
        if value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
            value = value.dropFirst().dropLast()
        }
        var out = ""
        var isEscaped = false
        for character in value {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                out.append(character)
                isEscaped = false
            }
        }
        return out.isEmpty ? nil : out
    }
}
