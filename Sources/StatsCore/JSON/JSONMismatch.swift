/// What keeps JSON from being read as a type: which member is absent, or has no value that it can have.
///
/// The description is a clause: "`nodes[0].cpus` is of the wrong type".
package struct JSONMismatch: Error, Equatable, CustomStringConvertible {
    /// The member in backquotes, by the way to it; `content` for the text as a whole.
    package let subject: String
    /// What goes on from the subject.
    package let problem: String

    package var description: String { "\(subject) \(problem)" }

    /// - Parameter error: a decoder's.
    init(_ error: any Error) {
        switch error {
        case DecodingError.keyNotFound(let key, let context): self.init(context.codingPath + [key], "is absent")
        case DecodingError.typeMismatch(_, let context): self.init(context.codingPath, "is of the wrong type")
        case DecodingError.valueNotFound(_, let context): self.init(context.codingPath, "is null")
        case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
            self.init(context.codingPath, "has a value that it can't have")
        // Text that is no JSON, and a number that doesn't fit: the decoder doesn't say which member has it.
        case DecodingError.dataCorrupted(let context): self.init([], "can't be read: \(context.debugDescription)")
        default: self.init([], "can't be read: \(error)")
        }
    }

    private init(_ path: [any CodingKey], _ problem: String) {
        var name = ""
        for key in path {
            if let index = key.intValue { name += "[\(index)]" } else { name += name.isEmpty ? key.stringValue : ".\(key.stringValue)" }
        }
        subject = name.isEmpty ? "content" : "`\(name)`"
        self.problem = problem
    }
}
