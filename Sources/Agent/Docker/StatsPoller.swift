import NIOCore
import StatsCore

/// Makes the requests of a `StatsBoard`, all of a round at once, and stores the answers in it.
///
/// Engines before 25 hold every answer until their next beat, once a second: one after another, thirty containers would take half a
/// minute. So the client should have that many connections.
struct StatsPoller: Service {
    /// How many requests may be under way at once, each on a connection of its own; a connection takes some 40 kB.
    static let connections = 128

    let board: StatsBoard
    let api: EngineAPI
    /// The time after which a request counts as failed, so that its container is asked again.
    var limit = TimeAmount.seconds(5)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await _ in board.wake {
                    for id in board.takeDue() {
                        group.addTask { await ask(id) }
                    }
                }
                group.cancelAll()
            }
        }
        api.client.close()
    }

    private func ask(_ id: String) async {
        do {
            let body = try await api.stats(id, within: limit)
            var reading = try EngineStats.decode(body.readableBytesSpan)
            if !api.tellsSystemCPU { reading?.systemCPU = nil }
            board.answer(id, reading.map { .reading($0) } ?? .notRunning)
        } catch let error as EngineError where error.isGone {
            board.answer(id, .notRunning)
        } catch {
            board.answer(id, .failed)
        }
    }
}
