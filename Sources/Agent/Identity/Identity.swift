import FoundationEssentials
import StatsCore

/// An agent's lasting id, and an epoch that grows at every start: after a restart the agent can't know the numbers of the frames that were
/// lost with its memory, so it begins a new sequence.
struct Identity: Sendable {
    let id: String
    let epoch: UInt64
    /// Random, new with each epoch. It tells two agents apart when one's state directory was copied to the other.
    let epochID: String
    let node: String

    private struct Stored: Codable {
        var id: String
        var epoch: UInt64
    }

    private static let file = "agent.json"

    /// Begins a new epoch. It is on the disk when this returns, so that the next epoch is another one even after a power cut.
    ///
    /// - Parameter newest: the newest epoch that was found elsewhere, in the spool; `nil` when there was none.
    /// - Throws: `StateDirectory.Failure` when the stored identity can't be read or written.
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
            let last = max(stored.epoch, newest ?? 0)
            guard last < .max else {
                throw StateDirectory.Failure(
                    description:
                        "no epoch comes behind \(last): \(state.directory.path) is damaged; remove it, and this agent gets a new id")
            }
            stored.epoch = last + 1
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
