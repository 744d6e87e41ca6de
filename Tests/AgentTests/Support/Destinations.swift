import Logging
import StatsCore
import TestSupport

@testable import Agent

extension Destinations {
    /// Collectors that nobody connects to, without a disk for what waits for them.
    convenience init(in scratch: ScratchDirectory, count: Int = 1, bootID: String? = nil, patience: Duration = .seconds(10)) throws {
        try self.init(in: scratch.state(), count: count, bootID: bootID, patience: patience)
    }

    /// The same, of an agent with this state directory.
    convenience init(in state: StateDirectory, count: Int = 1, bootID: String? = nil, patience: Duration = .seconds(10)) throws {
        let identity = Identity(id: "a", epoch: 1, epochID: "e", node: "n")
        let rooms = try CollectorRooms(in: state, for: (0..<count).map { "c\($0):1" })
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        self.init(
            try (0..<count).map { place in
                try Destination(
                    deliveries: Deliveries(identity: identity, spool: nil), clock: CollectorTime(),
                    runNote: RunNote(in: rooms.directory(of: "c\(place):1"), bootID: bootID, logger: logger),
                    collectorNote: CollectorNote(in: rooms.directory(of: "c\(place):1"), logger: logger))
            }, patience: patience)
    }
}
