import StatsCore
import Synchronization

/// The processes that have ended, until a source's next tick takes them. `ExitWatch` puts them in on its thread.
final class ExitBox: Sendable {
    /// What one tick takes.
    struct Exits: Sendable {
        /// Those with the most CPU time, in no order.
        var kept: [ProcessExit] = []
        /// The parents of all, also of those left out: by them it is found where a process belonged.
        var parents: [UInt32: UInt32] = [:]
        /// Processes that had no room, and messages that the kernel had no room for.
        var leftOut: UInt64 = 0
    }

    private let state = Mutex(Exits())

    /// So many processes have a last row in one tick: those with most CPU time. A compilation on a large host ends some hundreds a second, and a thousand rows are a quarter of a
    /// megabyte; who starts more than that starts very short ones.
    static let most = 1000
    private static let mostParents = 16_384

    /// - Parameter lost: how many messages the kernel had no room for.
    func put(_ exits: [ProcessExit], lost: UInt64) {
        state.withLock { state in
            state.leftOut = state.leftOut.saturatingAdding(lost)
            for exit in exits {
                if state.parents.count < Self.mostParents { state.parents[exit.pid] = exit.ppid }
                state.kept.append(exit)
                if state.kept.count >= 2 * Self.most { state.cut() }
            }
        }
    }

    /// Takes those that had ended at `instant`, in monotonic nanoseconds: what is read behind it has no row of one that is dead.
    func take(until instant: UInt64) -> Exits {
        state.withLock { state in
            var taken = state
            taken.kept.removeAll { $0.ended > instant }
            taken.cut()
            state.kept.removeAll { $0.ended <= instant }
            state.leftOut = 0
            state.parents.removeAll(keepingCapacity: true)
            for exit in state.kept { state.parents[exit.pid] = exit.ppid }
            return taken
        }
    }
}

extension ExitBox.Exits {
    fileprivate mutating func cut() {
        guard kept.count > ExitBox.most else { return }
        kept.sort { ($1.cpu, $0.number) < ($0.cpu, $1.number) }
        leftOut = leftOut.saturatingAdding(UInt64(kept.count - ExitBox.most))
        kept.removeLast(kept.count - ExitBox.most)
    }
}
