import FoundationEssentials

extension WireMessage {
    /// The message as the JSON of one frame, its `type` included, without the length.
    package func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return try Array(encoder.encode(Typed(message: self)))
    }

    /// Decodes a frame that `FrameEnvelope` found to be of this type.
    /// - Throws: `FrameError.badField` naming the member that is absent or of another type.
    package init(decoding bytes: RawSpan) throws(FrameError) {
        let data = bytes.withUnsafeBytes { Data($0) }
        do {
            self = try JSONDecoder().decode(Self.self, from: data)
        } catch let error as DecodingError {
            throw .badField(Self.explain(error))
        } catch {
            throw .json(.notObject(offset: 0))
        }
    }

    private static func explain(_ error: DecodingError) -> String {
        func path(_ context: DecodingError.Context, _ last: String? = nil) -> String {
            (context.codingPath.map(\.stringValue) + (last.map { [$0] } ?? [])).joined(separator: ".")
        }
        return switch error {
        case .keyNotFound(let key, let context): "`\(path(context, key.stringValue))` is absent from a `\(type)`"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "`\(path(context))` in a `\(type)` is of the wrong type"
        case .dataCorrupted(let context):
            // A number that doesn't fit comes without its name.
            context.codingPath.isEmpty
                ? "content is no `\(type)`: \(context.debugDescription)" : "`\(path(context))` in a `\(type)` is of the wrong type"
        @unknown default: "content is no `\(type)`"
        }
    }
}

private struct Typed<Message: WireMessage>: Encodable {
    let message: Message

    enum Key: String, CodingKey { case type }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(Message.type, forKey: .type)
        try message.encode(to: encoder)
    }
}
