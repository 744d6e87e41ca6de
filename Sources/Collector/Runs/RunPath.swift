import StatsCore

/// The name of a run: a name, or a relative path that stays below the data directory.
struct RunPath: Sendable, Equatable, CustomStringConvertible {
    static let depthLimit = 8
    static let componentLimit = 200

    let components: [String]

    /// Checks a name that has been percent-decoded, once.
    /// - Throws: `bad_name`, saying which part is wrong.
    init(_ text: String) throws(ControlFailure) {
        guard !text.isEmpty else { throw Self.bad("a run needs a name, such as test000") }
        guard text.utf8.first != UInt8(ascii: "/") else {
            throw Self.bad("the name \(Self.shown(text)) is an absolute path; give one below the data directory")
        }
        let components = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard components.count <= Self.depthLimit else {
            throw Self.bad("the name \(Self.shown(text)) has \(components.count) parts; \(Self.depthLimit) are allowed")
        }
        for component in components {
            if let fault = Self.fault(component) { throw Self.bad("the name \(Self.shown(text)) \(fault)") }
        }
        self.components = components
    }

    var description: String { components.joined(separator: "/") }

    private static func fault(_ component: String) -> String? {
        if component.isEmpty { return "has an empty part" }
        if component == "." || component == ".." { return "holds `\(component)`, which could lead out of the data directory" }
        if component.utf8.first == UInt8(ascii: ".") { return "has a part that begins with a dot; such names are the collector's own" }
        if component.utf8.count > componentLimit { return "has a part of more than \(componentLimit) bytes" }
        if component.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) { return "holds a control character" }
        if component.utf8.contains(UInt8(ascii: "\\")) { return "holds a backslash" }
        return nil
    }

    private static func bad(_ message: String) -> ControlFailure { ControlFailure(code: "bad_name", message: message) }

    /// The name for an error text: without control characters, and shortened.
    private static func shown(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(80).map { $0.properties.generalCategory == .control ? "\u{FFFD}" : Character($0) }
        return "`\(String(scalars))`"
    }
}
