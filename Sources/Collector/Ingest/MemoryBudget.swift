import StatsCore
import Synchronization

/// Limits the bytes of frames that have arrived and aren't done with, of all sessions together.
///
/// What a header announces doesn't count, as an announcement costs a hostile peer nothing. Peers that haven't shown who they are have a
/// purse of their own, small frames have a reserve that large ones can't use, and no address can use up either, so that nobody keeps
/// other agents out.
final class MemoryBudget: Sendable {
    /// In bytes.
    struct Limits: Sendable {
        /// Of all frames together.
        var all: Int
        /// Large frames, and those of one address: the rest is for small frames.
        var large: (all: Int, address: Int)
        /// Frames before their sessions' handshakes are done, and those of one address.
        var handshake: (all: Int, address: Int)
    }

    /// What the bytes of a frame are taken from.
    enum Purse: Sendable, Equatable {
        /// With the peer's address.
        case handshake(String)
        case small
        /// With the peer's address.
        case large(String)
    }

    /// The longest frame that counts as small: the tick of a host with dozens of processes.
    static let smallFrame = 64 * 1024

    /// The part of the budget that one frame has, given back when the last reference to it is gone.
    final class Share: Sendable {
        fileprivate let purse: Purse
        /// Changes only within the budget's lock.
        fileprivate let bytes = Atomic<Int>(0)
        private let budget: MemoryBudget

        fileprivate init(_ budget: MemoryBudget, _ purse: Purse) {
            self.budget = budget
            self.purse = purse
        }

        /// Takes what is lacking to so many bytes.
        /// - Parameter wake: called once, from any thread, when that has been taken after all.
        /// - Returns: false when there is no room yet.
        func grow(to size: Int, wake: @escaping @Sendable () -> Void) -> Bool { budget.grow(self, to: size, wake) }

        deinit { budget.giveBack(bytes.load(ordering: .relaxed), to: purse) }
    }

    /// A share for which there was no room.
    private struct Waiter {
        weak var share: Share?
        let size: Int
        let wake: @Sendable () -> Void
    }

    private struct Account {
        var all = 0
        var byAddress: [String: Int] = [:]

        mutating func add(_ bytes: Int, of address: String) {
            all += bytes
            let sum = (byAddress[address] ?? 0) + bytes
            byAddress[address] = sum > 0 ? sum : nil
        }

        func hasRoom(for bytes: Int, of address: String, _ limit: (all: Int, address: Int)) -> Bool {
            all + bytes <= limit.all && (byAddress[address] ?? 0) + bytes <= limit.address
        }
    }

    private struct State {
        var all = 0
        var large = Account()
        var handshake = Account()
        /// The longest waiting first.
        var waiting: [Waiter] = []
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(_ limits: Limits) { self.limits = limits }

    /// Divides so much room. An address can have a frame of the largest size, whatever the room.
    convenience init(room: Int = 128 << 20) {
        self.init(
            Limits(
                all: room, large: (room / 4 * 3, max(room / 4, Frame.limit + Self.smallFrame)), handshake: (room / 16, room / 64)))
    }

    func share(of purse: Purse) -> Share { Share(self, purse) }

    private func grow(_ share: Share, to size: Int, _ wake: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if take(share, size, &state) { return true }
            state.waiting.append(Waiter(share: share, size: size, wake: wake))
            return false
        }
    }

    private func giveBack(_ bytes: Int, to purse: Purse) {
        // Shares that are looked at must not end within the lock, which their end takes.
        var shares: [Share] = []
        var woken: [@Sendable () -> Void] = []
        state.withLock { state in
            add(-bytes, purse, &state)
            guard !state.waiting.isEmpty else { return }
            var left: [Waiter] = []
            for waiter in state.waiting {
                guard let share = waiter.share else { continue }
                shares.append(share)
                if take(share, waiter.size, &state) { woken.append(waiter.wake) } else { left.append(waiter) }
            }
            state.waiting = left
        }
        for wake in woken { wake() }
        withExtendedLifetime(shares) {}
    }

    private func take(_ share: Share, _ size: Int, _ state: inout State) -> Bool {
        let lacking = size - share.bytes.load(ordering: .relaxed)
        guard lacking > 0 else { return true }
        guard state.all + lacking <= limits.all else { return false }
        switch share.purse {
        case .small: break
        case .handshake(let address): guard state.handshake.hasRoom(for: lacking, of: address, limits.handshake) else { return false }
        case .large(let address): guard state.large.hasRoom(for: lacking, of: address, limits.large) else { return false }
        }
        add(lacking, share.purse, &state)
        share.bytes.store(size, ordering: .relaxed)
        return true
    }

    private func add(_ bytes: Int, _ purse: Purse, _ state: inout State) {
        state.all += bytes
        switch purse {
        case .small: break
        case .handshake(let address): state.handshake.add(bytes, of: address)
        case .large(let address): state.large.add(bytes, of: address)
        }
    }
}
