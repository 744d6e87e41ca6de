/// The types that one Swift file declares for other files, and the names that it uses.
///
/// It works on text, not types: every word of code that begins with a capital and that no dot precedes counts as a use. So it doesn't notice when code uses
/// a member that an extension in another folder adds.
struct SwiftNames: Equatable {
    /// Types at the top level that are neither `private` nor `fileprivate`.
    private(set) var declared: Set<String> = []
    /// Each used name with the number, from 1, of the first line that has it; without types that the file declares itself, at any depth.
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
                // `class` also precedes members.
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
