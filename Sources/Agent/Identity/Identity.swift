import FoundationEssentials
import StatsCore

/// Who this agent is: an id for life, and an epoch that grows at every start, because an agent that has ended can't know which numbers
/// it has given to frames that it lost with its memory.
struct Identity: Sendable {
    let id: String
    let epoch: UInt64
    /// Random, for this epoch only: the epoch of an agent that began with a copy of this one's state differs from it here.
    let epochID: String
    let node: String

    private struct Stored: Codable {
        var id: String
        var epoch: UInt64
    }

    private static let file = "agent.json"

    /// Begins a new epoch, which is on the disk when this returns: after a power cut the next one must not be the same again.
    ///
    /// - Parameter newest: the newest epoch that left a trace elsewhere; none when none did.
    /// - Throws: `StateDirectory.Failure` when what is kept there can't be read or written.
    static func begin(in state: StateDirectory, node: String, above newest: UInt64? = nil) throws(StateDirectory.Failure) -> Identity {
        do {
            var stored = Stored(id: UUID().uuidString.lowercased(), epoch: 0)
            if let bytes = try state.contents(file) {
                guard let known: Stored = try? JSONCoding.decode(from: bytes) else {
                    throw StateDirectory.Failure(
                        description: "\(state.directory.child(file)) is damaged: remove it, and this agent gets a new id")
                }
                stored = known
            }
            stored.epoch = max(stored.epoch, newest ?? 0) + 1
            try state.directory.replace(file, with: JSONCoding.encode(stored))
            return Identity(id: stored.id, epoch: stored.epoch, epochID: randomID(), node: node)
        } catch let failure as StateDirectory.Failure {
            throw failure
        } catch {
            throw StateDirectory.Failure(description: "this agent's epoch can't be kept: \(error)")
        }
    }

    private static func randomID() -> String { Hexadecimal.text(UInt64.random(in: .min ... .max), width: 16) }
}
