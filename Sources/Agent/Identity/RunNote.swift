import Logging
import StatsCore

/// The run that this agent takes part in, kept on disk. A restarted agent continues the run at once, even while the collector is
/// away: the spool keeps its ticks, whereas ticks that aren't read are lost.
final class RunNote: Sendable {
    /// The facts that are needed to follow the run's grid.
    struct Note: Codable, Equatable {
        var run: RunOrder
        /// Monotonic clock plus this offset is the collector's clock, in µs; only valid during the same boot.
        var offset: Int64
        var bootID: String

        enum CodingKeys: String, CodingKey {
            case run
            // Earlier versions noted `offset`, of a clock that doesn't count sleep.
            case offset = "boottime_offset"
            case bootID = "boot_id"
        }
    }

    private static let file = "run.json"

    private let directory: Descriptor
    private let bootID: String?
    private let logger: Logger

    /// - Parameter directory: for what concerns the collector of which the run is.
    init(in directory: consuming Descriptor, bootID: String?, logger: Logger) {
        self.directory = directory
        self.bootID = bootID
        self.logger = logger
    }

    /// The run in which the agent was before it was restarted; `nil` if the host has booted since, or if the note is none that an agent wrote.
    func recall() -> Note? {
        guard directory.holds(Self.file), let bytes = try? directory.file(Self.file).contents(),
            let note: Note = try? JSONCoding.decode(from: bytes),
            note.bootID == bootID, note.run.fault == nil, note.offset.magnitude <= UInt64(Timestamp.plausible.upperBound)
        else { return nil }
        return note
    }

    func keep(_ run: RunOrder, offset: Int64) {
        guard let bootID else { return }
        attempt {
            try directory.replace(Self.file, with: JSONCoding.encode(Note(run: run, offset: offset, bootID: bootID)))
        }
    }

    /// Notes the last tick of the run.
    func end(_ stop: StopOrder) {
        guard var note = recall(), note.run.id == stop.run else { return }
        note.run.ticks = stop.lastTick?.saturatingAdding(1) ?? 0
        keep(note.run, offset: note.offset)
    }

    func forget() {
        guard directory.holds(Self.file) else { return }
        attempt { try directory.remove(Self.file) }
    }

    /// A failure is logged and nothing else: without the note only a restart while the collector is away costs ticks.
    private func attempt(_ body: () throws -> Void) {
        do { try body() } catch { logger.warning("can't keep which run this agent is in", metadata: ["reason": "\(error)"]) }
    }
}
