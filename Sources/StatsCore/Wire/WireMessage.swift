/// The messages of the wire other than `tick`. They are rare, so they use Codable; docs/PROTOCOL.md describes every field.
package protocol WireMessage: Codable, Sendable, Equatable {
    static var type: String { get }
}

/// In both directions, before the connection closes: what was wrong.
package struct Refusal: WireMessage, Error, CustomStringConvertible {
    package static let type = "error"
    package var code: String
    package var message: String

    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    package init(_ error: FrameError) { self.init(code: error.code, message: "refused \(error)") }

    package var description: String { "\(message) (\(code))" }
}
