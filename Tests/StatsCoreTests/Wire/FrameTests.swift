import Testing

@testable import StatsCore

@Suite("Frames") struct FrameTests {
    @Test("A length is checked against the limit before anything else")
    func lengths() throws {
        #expect(try Frame.length(header: 5, limit: 10) == 5)
        #expect(throws: FrameError.empty) { try Frame.length(header: 0, limit: 10) }
        #expect(throws: FrameError.tooLarge(4_294_967_295, limit: Frame.limit)) {
            try Frame.length(header: .max, limit: Frame.limit)
        }
    }

    @Test("The type is found wherever it stands, and only at the top")
    func type() throws {
        func type(_ text: String) throws(FrameError) -> String { try FrameEnvelope(Array(text.utf8).span.bytes).type }
        #expect(try type(#"{"a":{"type":"x"},"type":"ack"}"#) == "ack")
        #expect(throws: FrameError.noType) { try type(#"{"a":{"type":"x"}}"#) }
        #expect(throws: FrameError.noType) { try type(#"{"type":5}"#) }
    }
}
