import Synchronization

/// Limits the bytes of all frames under way, of all sessions together.
final class MemoryBudget: Sendable {
    static let standard = 256 << 20

    /// A part of the budget, given back when its last reference is gone.
    final class Share: Sendable {
        private let budget: MemoryBudget
        private let bytes: Int

        fileprivate init(_ budget: MemoryBudget, _ bytes: Int) {
            self.budget = budget
            self.bytes = bytes
        }

        deinit { budget.used.wrappingSubtract(bytes, ordering: .relaxed) }
    }

    private let limit: Int
    private let used = Atomic<Int>(0)

    init(limit: Int = MemoryBudget.standard) { self.limit = limit }

    /// Takes a share; `nil` when the budget is used up.
    func take(_ bytes: Int) -> Share? {
        let now = used.wrappingAdd(bytes, ordering: .relaxed).newValue
        guard now <= limit else {
            used.wrappingSubtract(bytes, ordering: .relaxed)
            return nil
        }
        return Share(self, bytes)
    }
}
