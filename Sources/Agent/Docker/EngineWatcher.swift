import FoundationEssentials
import Logging
import NIOCore
import ServiceLifecycle
import StatsCore

/// Follows the containers of the Docker engine and keeps the `ContainerIndex` true: their list, names, limits, and what happens to them.
///
/// Events tell at once, a list every ten seconds tells what an event didn't (the engine drops events when a listener is slow).
/// When the socket fails it says so once, and tries again for as long as the agent runs.
struct EngineWatcher: Service {
    static let listInterval = Duration.seconds(10)
    /// For a list, and for the engine to begin its events.
    static let limit = TimeAmount.seconds(10)
    /// For one container: an inspect of a container that the engine is stuck with must not keep the others waiting.
    static let inspectLimit = TimeAmount.seconds(2)

    /// What comes in, one after another: everything is handled in this order.
    private enum Input: Sendable {
        case events(EngineClient.Followed)
        case listIsDue
        case ended(EngineError)
    }

    let api: EngineAPI
    let index: ContainerIndex
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown { await watch() }
        api.client.close()
    }

    private func watch() async {
        var roster = EngineRoster()
        var backoff = Backoff(first: .milliseconds(500), longest: .seconds(15))
        var isFirst = true
        var lastFailure: EngineError.Code?
        while !Task.isCancelled {
            do {
                let version = try await api.negotiate(within: Self.limit)
                try await session(&roster, isFirst: &isFirst) {
                    backoff.reset()
                    lastFailure = nil
                    index.setEngineAvailable(true)
                    logger.info("Docker engine found", metadata: ["socket": "\(api.client.socket)", "version": "\(version.version)"])
                }
            } catch {
                guard !Task.isCancelled else { return }
                index.setEngineAvailable(false, reason: error.description)
                if lastFailure != error.code {
                    logger.warning("Docker engine out of reach", metadata: ["reason": "\(error)"])
                    lastFailure = error.code
                }
                // Cancelled while it sleeps, the loop's condition ends it.
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    /// One connection's worth of events. Returns only by an error.
    private func session(
        _ roster: inout EngineRoster, isFirst: inout Bool, ready: () -> Void
    ) async throws(EngineError) {
        let (inputs, input) = AsyncStream.makeStream(of: Input.self)
        let since = roster.latestEvent
        let result: Result<Void, EngineError> = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do throws(EngineError) {
                    try await api.events(since: since, within: Self.limit) { input.yield(.events($0)) }
                } catch {
                    input.yield(.ended(error))
                }
                input.finish()
            }
            group.addTask {
                while (try? await Task.sleep(for: Self.listInterval)) != nil { input.yield(.listIsDue) }
            }
            defer { group.cancelAll() }
            do throws(EngineError) {
                try await handle(inputs, &roster, isFirst: &isFirst, ready: ready)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func handle(
        _ inputs: AsyncStream<Input>, _ roster: inout EngineRoster, isFirst: inout Bool, ready: () -> Void
    ) async throws(EngineError) {
        var lines = EngineLines()
        for await input in inputs {
            switch input {
            case .events(.begun):
                try await list(&roster, inspectAll: true, isFirst: isFirst)
                isFirst = false
                ready()
            case .events(.bytes(let bytes)):
                guard let whole = lines.append(bytes) else { throw api.client.error(.tooLarge, "/events") }
                for line in whole { try await handle(line, &roster) }
            case .listIsDue:
                try await list(&roster, inspectAll: false, isFirst: false)
            case .ended(let error):
                throw error
            }
        }
        throw api.client.error(.closed, "/events")
    }

    // MARK: Lists

    /// Brings the index in line with the engine's list. What differs from what was known is told as events, except at the first list.
    private func list(_ roster: inout EngineRoster, inspectAll: Bool, isFirst: Bool) async throws(EngineError) {
        let listed = try await api.running(within: Self.limit)
        let (changed, gone) = roster.compare(with: listed)
        for info in gone {
            // It still exists unless it was removed at once; then nobody knows how it ended.
            let last = try? await api.inspect(info.id, within: Self.inspectLimit)
            roster.vanished(info.id)
            index.post(
                ContainerEvent(
                    kind: "container die", containerID: info.id, container: info.name, exitCode: last?.state.exitCode,
                    detail: EventDetail(foundBy: "list").json))
            index.remove(info.id)
        }
        for (info, isComplete) in await inspect(inspectAll ? listed : changed) {
            if roster.started(info, isComplete: isComplete), !isFirst {
                index.post(
                    ContainerEvent(
                        kind: "container start", containerID: info.id, container: info.name,
                        detail: EventDetail(engineTime: info.startedAt, foundBy: "list", image: info.image).json))
            }
            if !inspectAll { index.upsert(info) }
        }
        if inspectAll { index.publish(roster.running.values.sorted { $0.id < $1.id }) }
    }

    /// As many at once as the client has connections. One that has gone meanwhile is left out; one that could not be inspected comes with
    /// what the list says, incomplete.
    private func inspect(_ listed: [ListedContainer]) async -> [(ContainerInfo, isComplete: Bool)] {
        await withTaskGroup(of: (ContainerInfo, Bool)?.self) { group in
            for container in listed {
                group.addTask {
                    do throws(EngineError) {
                        let info = ContainerInfo(try await api.inspect(container.id, within: Self.inspectLimit))
                        return info.initPID == nil ? nil : (info, true)
                    } catch {
                        return error.isGone ? nil : (ContainerInfo(container), false)
                    }
                }
            }
            var found: [(ContainerInfo, isComplete: Bool)] = []
            for await one in group { if let one { found.append(one) } }
            return found
        }
    }

    // MARK: Events

    private func handle(_ line: ByteBuffer, _ roster: inout EngineRoster) async throws(EngineError) {
        guard let event = try? JSONDecoder().decode(EngineEvent.self, from: Data(line.readableBytesView)) else {
            throw api.client.error(.badAnswer, "/events", String(decoding: line.readableBytesView.prefix(200), as: UTF8.self))
        }
        guard event.type ?? "container" == "container", !roster.isRepeated(event) else { return }
        switch event.verb {
        case "start": await start(event, &roster)
        case "die": die(event, &roster)
        case "oom": index.post(event.posted(as: "oom"))
        case "kill": index.post(event.posted(as: "kill", message: event.actor.attributes?["signal"].map { "signal \($0)" }))
        case "health_status":
            if var info = roster.running[event.actor.id], let health = event.argument {
                info.health = health
                update(info, isComplete: true, &roster)
            }
            index.post(event.posted(as: "health", message: event.argument))
        case "rename", "pause", "unpause", "update":
            index.post(event.posted(as: "container \(event.verb)"))
            guard roster.running[event.actor.id] != nil else { return }
            if let inspected = try? await api.inspect(event.actor.id, within: Self.inspectLimit) {
                update(ContainerInfo(inspected), isComplete: true, &roster)
            }
        default: break
        }
    }

    private func start(_ event: EngineEvent, _ roster: inout EngineRoster) async {
        let inspected = try? await api.inspect(event.actor.id, within: Self.inspectLimit)
        let info = inspected.map { ContainerInfo($0) } ?? ContainerInfo(event)
        if roster.started(info, isComplete: inspected != nil) { index.post(event.posted(as: "container start")) }
        // It may have ended already; then its end is the next event, and there is nothing to sample.
        if info.initPID != nil { index.upsert(info) }
    }

    private func die(_ event: EngineEvent, _ roster: inout EngineRoster) {
        let exitCode = event.actor.attributes?["exitCode"].flatMap { Int64($0) }
        switch roster.ended(event.actor.id, at: event.timeNano) {
        case .known: break
        case .earlierLife: index.post(event.posted(as: "container die", exitCode: exitCode))
        case .ended:
            index.post(event.posted(as: "container die", exitCode: exitCode))
            index.remove(event.actor.id)
        }
    }

    private func update(_ info: ContainerInfo, isComplete: Bool, _ roster: inout EngineRoster) {
        roster.changed(info, isComplete: isComplete)
        index.upsert(info)
    }
}
