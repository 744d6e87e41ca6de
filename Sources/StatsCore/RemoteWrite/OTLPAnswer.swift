/// What the body of an answer to OTLP says: `ExportMetricsServiceResponse` when all or a part was taken, `google.rpc.Status` when not.
package struct OTLPAnswer {
    /// Of how many points the receiver says that it doesn't take them.
    package private(set) var rejected = 0
    /// Why, or what else it wants to say; empty for nothing.
    package private(set) var message = ""

    /// Of a body that isn't the message, nothing is known.
    /// - Parameter isTaken: whether the answer's status is 200.
    package init(_ body: [UInt8], isTaken: Bool) {
        guard isTaken else {
            // message = 2
            message = Self.text(2, in: body)
            return
        }
        // partial_success = 1: rejected_data_points = 1, error_message = 2
        var fields = ProtobufFields(body.span.bytes)
        while let field = fields.next() {
            guard field.number == 1 else { continue }
            let partial = Array(body[field.body])
            var parts = ProtobufFields(partial.span.bytes)
            while let part = parts.next() { if part.number == 1 { rejected = max(0, Int(truncatingIfNeeded: part.value)) } }
            message = Self.text(2, in: partial)
        }
    }

    private static func text(_ number: Int, in message: [UInt8]) -> String {
        var text = ""
        var fields = ProtobufFields(message.span.bytes)
        while let field = fields.next() { if field.number == number { text = String(decoding: message[field.body], as: UTF8.self) } }
        return text
    }
}
