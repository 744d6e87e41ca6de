/// Why bytes are not what `JSONScanner.validate` asks for. The description continues a sentence that names them: "the answer is not UTF-8".
package enum JSONFault: Error, Equatable, CustomStringConvertible {
    case notUTF8
    case notObject(offset: Int)
    case tooDeep(limit: Int)

    /// Stable, for logs and peers.
    package var code: String {
        switch self {
        case .notUTF8: "not_utf8"
        case .notObject: "not_json"
        case .tooDeep: "too_deep"
        }
    }

    package var description: String {
        switch self {
        case .notUTF8: "is not UTF-8"
        case .notObject(let offset): "is not a JSON object (byte \(offset))"
        case .tooDeep(let limit): "nests deeper than \(limit)"
        }
    }
}
