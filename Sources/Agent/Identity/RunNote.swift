import Logging
import StatsCore

/// The run that this agent is in, kept on disk, so that an agent that is started again goes on with it at once, even while the
/// collector is away: ticks that are read are kept, ticks that are not read are lost.
final class RunNote: Sendable {
    /// What is needed to tick on the run's grid.
    struct Note: Codable, Equatable {
        var run: RunOrder
        /// To be added to the monotonic clock, in µs, to get the collector's; of use in the same boot only.
        var offset: Int64
        var bootID: String

        enum CodingKeys: String, CodingKey {
            case run, offset
            case bootID = "boot_id"
        }
    }

    private static let file = "run.json"

    private let state: StateDirectory
    private let bootID: String?
    private let logger: Logger

    init(in state: StateDirectory, bootID: String?, logger: Logger) {
        self.state = state
        self.bootID = bootID
        self.logger = logger
    }

    /// The run that an earlier life was in, unless the host was started anew since.
    func recall() -> Note? {
        guard let bytes = try? state.contents(Self.file), let note: Note = try? JSONCoding.decode(from: bytes),
            note.bootID == bootID, note.run.fault == nil
        else { return nil }
        return note
    }

    func keep(_ run: RunOrder, offset: Int64) {
        guard let bootID else { return }
        attempt {
            try state.directory.replace(Self.file, with: JSONCoding.encode(Note(run: run, offset: offset, bootID: bootID)))
        }
    }

    /// The run's end is known.
    func end(_ stop: StopOrder) {
        guard var note = recall(), note.run.id == stop.run else { return }
        note.run.ticks = stop.lastTick.map { $0 + 1 } ?? 0
        keep(note.run, offset: note.offset)
    }

    func forget() {
        guard state.directory.holds(Self.file) else { return }
        attempt { try state.directory.remove(Self.file) }
    }

    /// A failure is logged and nothing else: without the note only a restart while the collector is away costs ticks.
    private func attempt(_ body: () throws -> Void) {
        do { try body() } catch { logger.warning("can't keep which run this agent is in", metadata: ["reason": "\(error)"]) }
    }
}
