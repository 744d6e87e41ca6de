/// The result of a program that has run until it ended.
struct Command: CustomStringConvertible {
    let line: String
    let status: Int32
    let output: String
    let errors: String

    var description: String { "`\(line)` ended with \(status)\n\(output)\(errors)" }

    /// - Throws: `Child.Failure` when it ended with another status than 0.
    @discardableResult func succeeded() throws -> String {
        guard status == 0 else { throw Child.Failure(description: description) }
        return output
    }
}
