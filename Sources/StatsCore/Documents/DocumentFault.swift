/// One fault in a document that somebody wrote: its place, and what to write instead.
package struct DocumentFault: Error, Equatable, CustomStringConvertible {
    package let line: Int
    /// `groups[0].order`; empty for the document as a whole.
    package let path: String
    package let message: String

    package init(line: Int, path: String, message: String) {
        self.line = line
        self.path = path
        self.message = message
    }

    package var description: String { "line \(line): \(path.isEmpty ? "" : path + ": ")\(message)" }
}

/// All faults of a document, ordered by line.
package struct DocumentFaults: Error, Equatable, CustomStringConvertible {
    package let faults: [DocumentFault]

    package init(faults: [DocumentFault]) { self.faults = faults.sorted { $0.line < $1.line } }

    /// The document is no YAML.
    package init(_ fault: YAMLFault) {
        self.init(faults: [DocumentFault(line: fault.place.line, path: "", message: "column \(fault.place.column): \(fault.message)")])
    }

    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
