import NIOCore
import StatsCore
import Synchronization

/// What the engine says of itself and of what its containers were started with, as far as it bears on measurements.
final class EngineEnvironment: Sendable {
    /// Of an engine.
    struct Facts: Sendable, Equatable {
        var name: String
        var version: String
        var cgroupDriver: String?
        var storageDriver: String?
    }

    private struct Known {
        var facts: Facts?
        /// By image id; an image that was built here has none.
        var digests: [String: String?] = [:]
    }

    private let api: EngineAPI
    private let index: ContainerIndex
    private let known = Mutex(Known())

    /// How long one answer may take. A run that is about to begin waits for it.
    private static let limit = TimeAmount.seconds(1)
    /// How many images are asked for at one time.
    private static let mostImages = 32
    private static let mostKnown = 4096

    init(api: EngineAPI, index: ContainerIndex) {
        self.api = api
        self.index = index
    }

    /// Whether the engine has not answered yet, nor failed to.
    var isUnknown: Bool { index.engine == .unknown }

    /// What it says of itself; what it said last where it doesn't answer now, and `nil` where it never did.
    ///
    /// - Parameter isAsked: whether it is asked again where it has said it before.
    func facts(isAsked: Bool) async -> Facts? {
        let before = known.withLock { $0.facts }
        guard index.engine == .available, isAsked || before == nil else { return before }
        do throws(EngineError) {
            let version = try await api.negotiate(within: Self.limit)
            var facts = Facts(name: version.isPodman ? "podman" : "docker", version: version.version)
            if let before, before.name == facts.name, before.version == facts.version { return before }
            // A proxy before the engine may refuse this.
            let info = try? await api.info(within: Self.limit)
            (facts.cgroupDriver, facts.storageDriver) = (info?.cgroupDriver, info?.driver)
            known.withLock { [facts] in $0.facts = facts }
            return facts
        } catch {
            return before
        }
    }

    /// What the running containers were started with, those that are recorded, by name.
    func containers() async -> [ContainerSettings] {
        let listed = index.snapshot(newerThan: 0)?.containers ?? []
        var all = listed.compactMap { index.filter.records($0) ? $0.settings : nil }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        await learnDigests(of: all.compactMap(\.imageID))
        known.withLock { known in
            for place in all.indices { all[place].imageDigest = all[place].imageID.flatMap { known.digests[$0] ?? nil } }
        }
        return all
    }

    private func learnDigests(of images: [String]) async {
        guard index.engine == .available else { return }
        let new = known.withLock { known in
            if known.digests.count > Self.mostKnown { known.digests.removeAll() }
            return Set(images).filter { known.digests[$0] == nil }
        }
        for image in new.sorted().prefix(Self.mostImages) {
            do throws(EngineError) {
                let digest = try await api.image(image, within: Self.limit).repoDigests?.min()
                known.withLock { $0.digests[image] = .some(digest) }
            } catch {
                // An image that was removed below its container has no digest, and a proxy may refuse this; an engine that doesn't answer is asked again
                // next time.
                guard case .status = error.code else { return }
                known.withLock { $0.digests[image] = .some(nil) }
            }
        }
    }
}
