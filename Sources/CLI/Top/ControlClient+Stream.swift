import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import StatsCore

extension ControlClient {
    /// Hands the events of `GET /stream` to `take`, as they come; they never end by themselves.
    ///
    /// - Throws: `CommandFailure` when the collector is out of reach, refuses, says something else, or falls silent for as long as this
    ///   client's limit says; what `take` throws; `CancellationError`.
    func stream(_ request: StreamRequest, _ take: (ReceivedEvent) throws -> Void) async throws {
        let response = try await send(.GET, request.path, within: .seconds(10))
        guard response.status == .ok else { throw try await refusal(response) }
        var parser = ServerEventParser()
        var pieces = response.body.makeAsyncIterator()
        while let piece = try await reading({ try await pieces.next() }) {
            do {
                for event in try parser.feed(piece.readableBytesView) {
                    try take(ReceivedEvent(name: event.name, members: JSONValue.object(event.data.span.bytes)))
                }
            } catch let error as JSONFault {
                throw badStream("an event \(error)")
            } catch is ServerEventParser.TooLong {
                throw badStream("an event without an end")
            }
        }
        try Task.checkCancellation()
        throw CommandFailure.unreachable(endpoint, because: "it has ended the stream")
    }

    private func badStream(_ reason: String) -> CommandFailure {
        CommandFailure(
            code: "bad_answer",
            message: "\(endpoint) streams something else than this sonde \(Version.current) understands (\(reason)). "
                + "Is it a sonde-collector of the same version?")
    }
}
