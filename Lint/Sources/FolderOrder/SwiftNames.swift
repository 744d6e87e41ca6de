/// The types that one Swift file declares for others, and the names that it uses.
///
/// It reads text, not types: a name is used wherever it stands as a word of code that begins with a capital and that no dot precedes. What can't be seen
/// so is a member that an extension in one folder adds to a type of another.
struct SwiftNames: Equatable {
    /// Types at the top level that are neither `private` nor `fileprivate`.
    private(set) var declared: Set<String> = []
    /// Each name with the line, from 1, on which it stands first; without those of types that the file declares itself, at whatever depth.
    private(set) var used: [String: Int] = [:]

    init(_ source: String) {
        var own: Set<String> = []
        var depth = 0
        var isHidden = false
        var isDeclared = false
        var isMember = false
        for token in SwiftTokens(source) {
            defer { isMember = token.kind == .dot }
            switch token.kind {
            case .word(let word):
                switch word {
                // `class` also stands before members.
                case "func", "let", "subscript", "var", "extension", "init":
                    (isDeclared, isHidden) = (false, false)
                case "actor" where isMember, "protocol" where isMember: break
                case "actor", "class", "enum", "protocol", "struct", "typealias": isDeclared = true
                case "private", "fileprivate": isHidden = true
                case _ where isDeclared:
                    own.insert(word)
                    if depth == 0, !isHidden { declared.insert(word) }
                    (isDeclared, isHidden) = (false, false)
                case _ where !isMember && word.first?.isUppercase == true:
                    if used[word] == nil { used[word] = token.line }
                default: break
                }
            case .open: depth += 1
            case .close: depth -= 1
            case .dot, .other: break
            }
        }
        for name in own { used[name] = nil }
    }
}
