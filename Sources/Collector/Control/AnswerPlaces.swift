import HTTPTypes
import Hummingbird
import NIOCore
import StatsCore
import Synchronization

/// Places for answers that keep much in memory: only so many are under way at once.
///
/// They are written in pieces while their clients take them, and a client may take its time. So when there is no place, the answer that has waited longest
/// for its client loses its place and its connection: slow clients keep nobody out.
final class AnswerPlaces: Sendable {
    /// A text that is whole in memory needs a place when it has more bytes than this.
    private static let small = 256 * 1024

    private let limit: Int
    private let registry: ConnectionRegistry
    private let holders = Mutex<[ObjectIdentifier: any Channel]>([:])

    /// Held by an answer as long as it is written.
    final class Place: Sendable {
        private let places: AnswerPlaces

        fileprivate init(_ places: AnswerPlaces) { self.places = places }

        deinit { places.leave(ObjectIdentifier(self)) }
    }

    /// - Parameter registry: knows for how long a connection has waited for its client.
    init(limit: Int, registry: ConnectionRegistry) { (self.limit, self.registry) = (limit, registry) }

    /// - Parameter channel: the connection of the client that asks.
    /// - Throws: `busy` when all places are taken by answers whose clients keep up.
    func enter(_ channel: any Channel) throws(ControlFailure) -> Place {
        let place = Place(self)
        let (entered, slowest): (Bool, (any Channel)?) = holders.withLock { holders in
            var slowest: (any Channel)?
            if holders.count >= limit {
                let waiting = holders.compactMap { id, channel in registry.waitingSince(channel).map { (id: id, since: $0) } }
                guard let longest = waiting.min(by: { $0.since < $1.since }) else { return (false, nil) }
                slowest = holders.removeValue(forKey: longest.id)
            }
            holders[ObjectIdentifier(place)] = channel
            return (true, slowest)
        }
        slowest?.close(promise: nil)
        guard entered else {
            throw ControlFailure(
                code: "busy", message: "too many large answers are being written: take those, or try again in some seconds")
        }
        return place
    }

    private func leave(_ place: ObjectIdentifier) { holders.withLock { $0[place] = nil } }

    /// An answer that is whole in memory, with a place when it is large.
    func answer(_ text: [UInt8], type: String, to channel: any Channel) throws(ControlFailure) -> Response {
        let place = text.count > Self.small ? try enter(channel) : nil
        return Response(status: .ok, headers: [.contentType: type], body: ResponseBody(pieces: text, place))
    }

    /// The same, of a value in JSON.
    func json(_ value: some Encodable, to channel: any Channel) throws -> Response {
        try answer(JSONCoding.encode(value) + [UInt8(ascii: "\n")], type: "application/json", to: channel)
    }
}

extension ResponseBody {
    /// A text that is handed to its client piece by piece, so that its end is not reached long before the client has taken it.
    init(pieces text: [UInt8], _ place: AnswerPlaces.Place?) {
        self.init(contentLength: text.count) { writer in
            for begin in stride(from: 0, to: text.count, by: AnswerPieces.size) {
                try await writer.write(ByteBuffer(bytes: text[begin..<min(begin + AnswerPieces.size, text.count)]))
            }
            try await writer.finish(nil)
            withExtendedLifetime(place) {}
        }
    }
}

/// The text of an answer, handed to its client whenever there is enough of it.
struct AnswerPieces: ~Copyable {
    fileprivate static let size = 64 * 1024

    var out = ByteWriter(capacity: 2 * size)

    /// Writes what there is when it is a piece.
    mutating func flush(_ writer: inout any ResponseBodyWriter) async throws {
        if out.count >= Self.size { try await writeAll(&writer) }
    }

    private mutating func writeAll(_ writer: inout any ResponseBodyWriter) async throws {
        let piece = out.withUnsafeBytes { ByteBuffer(bytes: $0) }
        out.removeAll()
        if piece.readableBytes > 0 { try await writer.write(piece) }
    }

    /// Writes the rest.
    consuming func finish(_ writer: inout any ResponseBodyWriter) async throws {
        try await writeAll(&writer)
        try await writer.finish(nil)
    }
}

extension HTTPField.Name {
    /// How many containers an answer leaves out, as there is no room for them; absent when none is.
    static let leftOut = HTTPField.Name(ControlHeader.leftOut)!
}
