extension WireMessage {
    /// The message as the JSON of one frame, with its `type` and without the length.
    package func encoded() throws -> [UInt8] { try JSONCoding.encode(Typed(message: self)) }

    /// Decodes a frame that `FrameEnvelope` has found to be of this type.
    /// - Throws: `FrameError.badField` naming the member that is absent or has the wrong type.
    package init(decoding bytes: RawSpan) throws(FrameError) {
        do {
            self = try JSONCoding.decode(from: bytes)
        } catch {
            throw .badField("\(error.subject) in a `\(Self.type)` \(error.problem)")
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
