import HTTPTypes
import HummingbirdCore
import NIOCore
import StatsCore
import Synchronization

/// Bounds the answers that tell all that is live: how many are under way at once, and what each keeps in memory.
///
/// They are written in pieces while their clients take them, and a client may take its time; so there are only so many places for them.
final class LiveAnswers: Sendable {
    private static let limit = 8
    private let taken = Atomic<Int>(0)

    /// Held by an answer as long as it is written.
    final class Place: Sendable {
        private let answers: LiveAnswers
        private let size: Int

        fileprivate init(_ answers: LiveAnswers, _ size: Int) { (self.answers, self.size) = (answers, size) }

        deinit { answers.taken.subtract(size, ordering: .relaxed) }
    }

    /// - Parameter size: how many places it takes, by what it keeps.
    /// - Throws: `busy`.
    func enter(size: Int = 1) throws(ControlFailure) -> Place {
        let place = Place(self, size)
        guard taken.add(size, ordering: .relaxed).newValue <= Self.limit else {
            throw ControlFailure(
                code: "busy", message: "too many answers about all that is live are being written: take those, or try again in some seconds"
            )
        }
        return place
    }
}

/// The text of an answer, handed to its client whenever there is enough of it.
struct AnswerPieces: ~Copyable {
    private static let size = 64 * 1024

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
