import Logging
import StatsCore

/// The id of the collector for which a room is, kept on disk: a restarted agent knows which names lead to one collector before it has reached them all.
final class CollectorNote: Sendable {
    private static let file = "collector-id"
    /// The longest id (bytes) that is believed; a collector's is a UUID.
    private static let longest: UInt64 = 64

    private let directory: Descriptor
    private let logger: Logger

    /// - Parameter directory: for what concerns the collector.
    init(in directory: consuming Descriptor, logger: Logger) {
        self.directory = directory
        self.logger = logger
    }

    /// - Returns: `nil` when none was kept, or what stands there is none.
    func recall() -> String? {
        guard directory.holds(Self.file), let bytes = try? directory.file(Self.file).contents(limit: Self.longest) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A failure is logged and nothing else: only who names a collector twice needs this.
    func keep(_ id: String) {
        guard id.utf8.count <= Self.longest, recall() != id else { return }
        do { try directory.replace(Self.file, with: Array(id.utf8)) } catch {
            logger.warning("can't keep which collector this is", metadata: ["reason": "\(error)"])
        }
    }
}
