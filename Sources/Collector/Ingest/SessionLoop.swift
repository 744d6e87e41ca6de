import NIOCore
import StatsCore
import Synchronization

/// What the sessions of one event loop share. Only used on that loop.
final class SessionLoop {
    /// Into which frames their rows go.
    let lane: Lane
    /// For what is encoded to be sent.
    private var scratch = ByteWriter(capacity: 256)
    /// Whether no session may begin any more.
    private(set) var isClosed = false
    private var sessions: [ObjectIdentifier: SessionHandler] = [:]
    /// Those with a frame for which there was no room.
    private var waiting: [SessionHandler] = []

    init(lane: Lane) { self.lane = lane }

    /// - Returns: what `write` has written, as a frame; `nil` when that is nothing.
    func frame(_ write: (inout ByteWriter) -> Void) -> ByteBuffer? {
        scratch.removeAll()
        write(&scratch)
        return scratch.isEmpty ? nil : ByteBuffer(frame: scratch)
    }

    func frame(_ message: some WireMessage) -> ByteBuffer? { frame { $0.append((try? message.encoded()) ?? []) } }

    func add(_ session: SessionHandler) { sessions[ObjectIdentifier(session)] = session }

    func remove(_ session: SessionHandler) { sessions[ObjectIdentifier(session)] = nil }

    /// Has a session try its frame again when the lane calls.
    func wait(_ session: SessionHandler) { waiting.append(session) }

    /// Frames that had to wait may have room now.
    func resume() {
        let sessions = waiting
        waiting.removeAll(keepingCapacity: true)
        for session in sessions { session.resume() }
    }

    /// Ends all sessions, and lets none begin.
    /// - Returns: what is fulfilled when the recorder knows of each one's end.
    func endAll(on loop: any EventLoop) -> EventLoopFuture<Void> {
        isClosed = true
        let ends = sessions.values.compactMap { $0.close() }
        return EventLoopFuture.andAllComplete(ends, on: loop)
    }
}

/// The lanes of all event loops of a group, and their sessions.
struct SessionLoops: Sendable {
    private let loops: [(loop: any EventLoop, sessions: NIOLoopBound<SessionLoop>)]

    /// Makes a lane for each event loop and gives them to the recorder.
    init(_ group: any EventLoopGroup, _ recorder: Recorder, _ counters: RefusalCounters) async throws {
        let isAsked = AskedOnce()
        var loops: [(any EventLoop, NIOLoopBound<SessionLoop>)] = []
        var lanes: [Lane] = []
        for loop in group.makeIterator() {
            let (lane, sessions) = try await loop.submit {
                let resuming = Resuming()
                let lane = Lane(
                    backlog: recorder.backlog, counters: counters, perform: { loop.execute($0) },
                    commitSoon: {
                        guard isAsked.begin() else { return }
                        Task {
                            await recorder.commitEarly()
                            isAsked.end()
                        }
                    }, resume: { resuming.sessions.withLock { $0 }?.value.resume() })
                let sessions = NIOLoopBound(SessionLoop(lane: lane), eventLoop: loop)
                resuming.sessions.withLock { $0 = sessions }
                return (lane, sessions)
            }.get()
            loops.append((loop, sessions))
            lanes.append(lane)
        }
        self.loops = loops
        await recorder.add(lanes)
    }

    /// Of the event loop on which this is called.
    func of(_ loop: any EventLoop) -> SessionLoop? { loops.first { $0.loop === loop }?.sessions.value }

    /// Ends all sessions, and waits until the recorder knows.
    func endAll() async {
        // All at once: over TLS a peer that doesn't answer takes some seconds.
        let ends = loops.map { loop, sessions in loop.flatSubmit { sessions.value.endAll(on: loop) } }
        for end in ends { try? await end.get() }
    }

    /// A lane needs its loop's sessions, which need the lane.
    private final class Resuming: Sendable {
        let sessions = Mutex<NIOLoopBound<SessionLoop>?>(nil)
    }

    /// Keeps those who ask from asking again before they had an answer.
    private final class AskedOnce: Sendable {
        private let isAsked = Atomic<Bool>(false)

        func begin() -> Bool { isAsked.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged }
        func end() { isAsked.store(false, ordering: .releasing) }
    }
}
