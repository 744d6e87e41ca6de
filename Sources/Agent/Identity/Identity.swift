import FoundationEssentials
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Who this agent is, kept in its state directory: an id for life, and an epoch that grows at every start, because an agent that
/// has ended can't go on with its sequence of frames.
struct Identity: Sendable {
    let id: String
    let epoch: UInt64
    let node: String

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private struct Stored: Codable {
        var id: String
        var epoch: UInt64
    }

    /// Opens the state directory, made when absent, and locks it for as long as this process lives.
    ///
    /// - Throws: `Failure` when the directory can't be used, or when another agent uses it.
    static func open(state directory: String, node: String) throws(Failure) -> Identity {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw Failure(description: "cannot make the state directory \(directory): name another with --state")
        }
        try lock(directory)
        let path = "\(directory)/agent.json"
        var stored = Stored(id: UUID().uuidString.lowercased(), epoch: 0)
        if let data = try? Data(contentsOf: URL(filePath: path)) {
            guard let known = try? JSONDecoder().decode(Stored.self, from: data) else {
                throw Failure(description: "\(path) is damaged: remove it, and this agent gets a new id")
            }
            stored = known
        }
        stored.epoch += 1
        do {
            try JSONEncoder().encode(stored).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw Failure(description: "cannot write \(path): \(error)")
        }
        return Identity(id: stored.id, epoch: stored.epoch, node: node)
    }

    /// The lock is the kernel's and ends with the process, however that ends; the descriptor stays open on purpose.
    private static func lock(_ directory: String) throws(Failure) {
        let path = "\(directory)/lock"
        let descriptor = openLock(path)
        guard descriptor >= 0 else {
            throw Failure(description: "cannot write \(path): \(String(cString: strerror(errno))); name another directory with --state")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Failure(description: "another agent uses the state directory \(directory): name another with --state")
        }
    }
}

/// Outside of `Identity`, whose own `open` hides the kernel's.
private func openLock(_ path: String) -> Int32 { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
