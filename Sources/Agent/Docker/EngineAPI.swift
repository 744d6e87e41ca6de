import NIOCore
import StatsCore
import Synchronization

/// The few routes of the Docker Engine API that Sonde uses, under the newest version that both sides speak.
///
/// Source: Docker Engine API reference, version 1.41 (engine 20.10), and its version history for the older ones.
final class EngineAPI: Sendable {
    /// The newest version that the types here were written for.
    static let newestVersion = APIVersion(major: 1, minor: 41)

    /// The largest accepted answer about containers, in bytes: a list takes one or a few kilobytes for each, and labels may be megabytes.
    private static let longestAnswer = 16 << 20

    let client: EngineClient
    private let negotiated = Mutex<APIVersion?>(nil)
    private let podman = Mutex(false)

    init(client: EngineClient) { self.client = client }

    /// Asks the engine which versions it speaks. Every route needs this once, and again after an outage, since another engine may
    /// have been installed.
    @discardableResult
    func negotiate(within limit: TimeAmount) async throws(EngineError) -> EngineVersion {
        let target = "/version"
        let version = try decode(EngineVersion.self, try await client.get(target, within: limit), target)
        guard let newest = APIVersion(version.apiVersion) else {
            throw client.error(.badAnswer, target, "ApiVersion is \(version.apiVersion)")
        }
        // Newer engines no longer speak old versions (engine 29: none before 1.44). The members that are read here haven't changed.
        let oldest = version.minAPIVersion.flatMap { APIVersion($0) } ?? Self.newestVersion
        podman.withLock { $0 = version.isPodman }
        negotiated.withLock { $0 = min(newest, max(Self.newestVersion, oldest)) }
        return version
    }

    /// The containers that are running or paused.
    func running(within limit: TimeAmount) async throws(EngineError) -> [ListedContainer] {
        let target = try await prefix(limit) + "/containers/json"
        return try decode(
            [ListedContainer].self, try await client.get(target, within: limit, atMost: Self.longestAnswer), target)
    }

    func inspect(_ id: String, within limit: TimeAmount) async throws(EngineError) -> InspectedContainer {
        let target = try await prefix(limit) + "/containers/\(id)/json"
        return try decode(InspectedContainer.self, try await client.get(target, within: limit, atMost: Self.longestAnswer), target)
    }

    /// What the engine is set to.
    func info(within limit: TimeAmount) async throws(EngineError) -> EngineInfo {
        let target = try await prefix(limit) + "/info"
        return try decode(EngineInfo.self, try await client.get(target, within: limit), target)
    }

    /// - Parameter id: `sha256:…`, as an inspection of a container has it.
    func image(_ id: String, within limit: TimeAmount) async throws(EngineError) -> InspectedImage {
        let target = try await prefix(limit) + "/images/\(id)/json"
        return try decode(InspectedImage.self, try await client.get(target, within: limit, atMost: Self.longestAnswer), target)
    }

    /// One sample of a container's counters, as bytes for `EngineStats`.
    ///
    /// Trap: without `one-shot`, which came with version 1.41, the engine takes two samples a second apart. With it, engines before
    /// 25 still answer only at the next beat of their own collector, up to a second later.
    func stats(_ id: String, within limit: TimeAmount) async throws(EngineError) -> ByteBuffer {
        let hasOneShot = try await version(limit) >= APIVersion(major: 1, minor: 41)
        let target = try await prefix(limit) + "/containers/\(id)/stats?stream=false" + (hasOneShot ? "&one-shot=true" : "")
        return try await client.get(target, within: limit)
    }

    /// Whether `system_cpu_usage` is the host's CPU time of `/proc/stat`. Podman gives another number, by which Docker's formula for `cpu_percent` is
    /// some percent too high.
    var tellsSystemCPU: Bool { podman.withLock { !$0 } }

    /// Acts on a container. Source: Engine API v1.41, `POST /containers/{id}/stop|kill|pause|restart|update`.
    /// - Returns: whether the engine changed something; false when the container was in that state already.
    func act(_ action: GovernorAction, on id: String, within limit: TimeAmount) async throws(EngineError) -> Bool {
        var json = ""
        let route: String
        switch action {
        case .none: return false
        case .stop(let timeout): route = "stop?t=\(timeout)"
        case .kill(let signal): route = "kill?signal=\(signal)"
        case .pause: route = "pause"
        case .restart(let timeout): route = "restart?t=\(timeout)"
        case .update(let cpus, let memory):
            route = "update"
            var members: [String] = []
            if let cpus { members.append("\"NanoCpus\":\(Int64((cpus * 1e9).rounded()))") }
            // The engine refuses a memory limit above that of memory plus swap. So swap gets as much again, Docker's default for a new container.
            if let memory { members.append("\"Memory\":\(memory),\"MemorySwap\":\(memory * 2)") }
            json = "{\(members.joined(separator: ","))}"
        }
        return try await client.post(try await prefix(limit) + "/containers/\(id)/\(route)", json: json, within: limit) != 304
    }

    /// Follows the containers' events.
    ///
    /// - Parameter since: nanoseconds since 1970; the engine begins with the events that it remembers from then on, at most its last 256.
    func events(
        since: Int64?, within limit: TimeAmount, _ handle: @escaping @Sendable (EngineClient.Followed) throws(EngineError) -> Void
    ) async throws(EngineError) {
        var target = try await prefix(limit) + "/events?filters=%7B%22type%22%3A%5B%22container%22%5D%7D"
        if let since {
            let fraction = String(since % 1_000_000_000)
            target += "&since=\(since / 1_000_000_000)." + String(repeating: "0", count: 9 - fraction.count) + fraction
        }
        try await client.follow(target, within: limit, handle)
    }

    /// The engine's own message in an answer that isn't 200: `{"message":"No such container: x"}`.
    static func message(in body: ByteBuffer) -> String {
        struct Failure: Decodable { var message: String }
        if let failure: Failure = try? JSONCoding.decode(from: body.readableBytesView) { return failure.message }
        return String(decoding: body.readableBytesView.prefix(200), as: UTF8.self)
    }

    private func version(_ limit: TimeAmount) async throws(EngineError) -> APIVersion {
        if let known = negotiated.withLock({ $0 }) { return known }
        try await negotiate(within: limit)
        return negotiated.withLock { $0 } ?? Self.newestVersion
    }

    private func prefix(_ limit: TimeAmount) async throws(EngineError) -> String { "/v\(try await version(limit))" }

    private func decode<Answer: Decodable>(_ type: Answer.Type, _ body: ByteBuffer, _ target: String) throws(EngineError) -> Answer {
        do {
            return try JSONCoding.decode(type, from: body.readableBytesView)
        } catch {
            throw client.error(.badAnswer, target, "\(error)")
        }
    }
}

/// A version of the Engine API, such as 1.41.
struct APIVersion: Comparable, Sendable, CustomStringConvertible {
    var major: Int
    var minor: Int

    init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = Int(parts[0]), let minor = Int(parts[1]), major >= 0, minor >= 0 else { return nil }
        self.init(major: major, minor: minor)
    }

    static func < (left: Self, right: Self) -> Bool { (left.major, left.minor) < (right.major, right.minor) }

    var description: String { "\(major).\(minor)" }
}
