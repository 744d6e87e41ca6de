/// One fault in a policy: its place, and what to write instead.
package struct PolicyFault: Error, Equatable, CustomStringConvertible {
    package let line: Int
    /// `groups[0].order`; empty for the document as a whole.
    package let path: String
    package let message: String

    package var description: String { "line \(line): \(path.isEmpty ? "" : path + ": ")\(message)" }
}

/// All faults of a policy, ordered by line.
package struct PolicyFaults: Error, Equatable, CustomStringConvertible {
    package let faults: [PolicyFault]

    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
