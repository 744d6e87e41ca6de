import Synchronization

/// Limits the bytes of frames that have arrived and aren't done with, of all sessions together.
///
/// What a header announces doesn't count, as an announcement costs a hostile peer nothing. Peers that haven't shown who they are have a
/// purse of their own, and small frames a reserve that large ones can't use, so that nobody's large frames keep other agents out.
final class MemoryBudget: Sendable {
    /// In bytes.
    struct Limits: Sendable {
        /// Of all frames together.
        var all = 256 << 20
        /// Of this, what only small frames may use.
        var reserve = 64 << 20
        /// Large frames from one address.
        var address = 64 << 20
        /// All frames before their sessions' handshakes are done.
        var handshake = 16 << 20
    }

    /// What the bytes of a frame are taken from.
    enum Purse: Sendable, Equatable {
        case handshake
        case small
        /// With the peer's address.
        case large(String)
    }

    /// The longest frame that counts as small: the tick of a host with dozens of processes.
    static let smallFrame = 64 * 1024

    /// The part of the budget that one frame has, given back when the last reference to it is gone.
    final class Share: Sendable {
        private let budget: MemoryBudget
        private let purse: Purse
        private let bytes = Atomic<Int>(0)

        fileprivate init(_ budget: MemoryBudget, _ purse: Purse) {
            self.budget = budget
            self.purse = purse
        }

        /// Takes what is lacking to so many bytes; false, and nothing is taken, when there is no room. Only one thread may call it.
        func grow(to size: Int) -> Bool {
            let lacking = size - bytes.load(ordering: .relaxed)
            guard lacking > 0 else { return true }
            guard budget.take(lacking, from: purse) else { return false }
            bytes.store(size, ordering: .relaxed)
            return true
        }

        deinit { budget.giveBack(bytes.load(ordering: .relaxed), to: purse) }
    }

    private struct State {
        var all = 0
        var large = 0
        var handshake = 0
        var byAddress: [String: Int] = [:]
        /// Who waits for room, the longest first.
        var waiting: [@Sendable () -> Void] = []
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(_ limits: Limits = Limits()) { self.limits = limits }

    func share(of purse: Purse) -> Share { Share(self, purse) }

    /// Calls `wake` once, when something has been given back: from any thread, and perhaps in vain.
    func wait(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.waiting.append(wake) } }

    private func take(_ bytes: Int, from purse: Purse) -> Bool {
        state.withLock { state in
            guard state.all + bytes <= limits.all else { return false }
            switch purse {
            case .small: break
            case .handshake:
                guard state.handshake + bytes <= limits.handshake else { return false }
                state.handshake += bytes
            case .large(let address):
                let held = state.byAddress[address] ?? 0
                guard state.large + bytes <= limits.all - limits.reserve, held + bytes <= limits.address else { return false }
                state.large += bytes
                state.byAddress[address] = held + bytes
            }
            state.all += bytes
            return true
        }
    }

    private func giveBack(_ bytes: Int, to purse: Purse) {
        guard bytes > 0 else { return }
        let woken: [@Sendable () -> Void] = state.withLock { state in
            state.all -= bytes
            switch purse {
            case .small: break
            case .handshake: state.handshake -= bytes
            case .large(let address):
                state.large -= bytes
                let left = (state.byAddress[address] ?? 0) - bytes
                state.byAddress[address] = left > 0 ? left : nil
            }
            // A few at a time: each gives back what it took, and wakes the next.
            let first = state.waiting.prefix(16)
            state.waiting.removeFirst(first.count)
            return Array(first)
        }
        for wake in woken { wake() }
    }
}
