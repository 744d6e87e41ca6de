/// A shell pattern: `*` stands for any characters, `?` for one, everything else for itself. It has to match the whole text.
package struct Glob: Sendable, Equatable {
    private let pattern: [Unicode.Scalar]

    package init(_ pattern: some StringProtocol) { self.pattern = Array(pattern.unicodeScalars) }

    package var text: String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: pattern)
        return String(text)
    }

    package func matches(_ text: String) -> Bool {
        let text = Array(text.unicodeScalars)
        var (at, next) = (0, 0)
        // Where to go on when what follows the last star doesn't match: that star takes one more character. Earlier stars needn't be tried again.
        var retry: (at: Int, next: Int)?
        while next < text.count {
            if at < pattern.count, pattern[at] == "*" {
                at += 1
                retry = (at, next)
            } else if at < pattern.count, pattern[at] == "?" || pattern[at] == text[next] {
                at += 1
                next += 1
            } else if let star = retry {
                (at, next) = (star.at, star.next + 1)
                retry = (at, next)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == "*" }
    }
}
