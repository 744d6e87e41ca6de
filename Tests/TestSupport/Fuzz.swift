import Foundation
import Synchronization

/// Feeds what reads foreign bytes with damaged ones: whatever comes, it has to give a result or refuse. A trap ends the tests, and tells the target, the
/// seed and the input on its way.
///
/// All is decided by the seeds, so that each run of the tests tries the same. `SONDE_FUZZ=600` tries each target for so many seconds instead, with seeds
/// that follow; `SONDE_FUZZ_SEED` begins with another one, such as that of a failure.
package enum Fuzz {
    /// One input of a target.
    package struct Case {
        package let seed: UInt64
        package let input: [UInt8]
        /// For further choices of the target.
        package var random: SeededRandom

        /// For the comment of an expectation.
        package var text: String { "seed \(seed), input \(String(decoding: input, as: UTF8.self))" }
    }

    /// - Parameters:
    ///   - target: its name.
    ///   - inputs: valid ones.
    ///   - count: how many inputs with a number at an end, and how many otherwise damaged ones, are tried without `SONDE_FUZZ`.
    ///   - body: what is thrown is a refusal.
    package static func run(_ target: String, _ inputs: [[UInt8]], count: Int, _ body: (inout Case) throws -> Void) async {
        let record = FlightRecord(target)
        for one in Cases(inputs, count: count) {
            record.note(one.seed, one.input)
            var one = one
            try? body(&one)
            // Other tests wait for this thread.
            await Task.yield()
        }
    }

    /// The same for a target with tasks.
    package static func runTasks(
        _ target: String, _ inputs: [[UInt8]], count: Int, _ body: (Case) async throws -> Void
    ) async {
        let record = FlightRecord(target)
        for one in Cases(inputs, count: count) {
            record.note(one.seed, one.input)
            try? await body(one)
        }
    }
}

/// The valid inputs of a target, then those with one number at an end of what numbers hold, then damaged ones.
private struct Cases: Sequence, IteratorProtocol {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seconds = environment["SONDE_FUZZ"].flatMap { Double($0) }
    private static let seed = environment["SONDE_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1

    private let inputs: [[UInt8]]
    /// Tried as they are: the valid inputs, and those with one number at an end.
    private let plain: [[UInt8]]
    private let count: Int
    private let end = seconds.map { ContinuousClock.now + .seconds($0) }
    private var number = 0

    init(_ inputs: [[UInt8]], count: Int) {
        (self.inputs, self.count) = (inputs, count)
        var random = SeededRandom(state: 0)
        plain = inputs + inputs.flatMap(Mutation.sweep).shuffled(using: &random).prefix(count)
    }

    mutating func next() -> Fuzz.Case? {
        defer { number += 1 }
        if number < plain.count { return Fuzz.Case(seed: Self.seed, input: plain[number], random: SeededRandom(state: UInt64(number))) }
        guard end.map({ ContinuousClock.now < $0 }) ?? (number < plain.count + count) else { return nil }
        let seed = Self.seed &+ UInt64(number - plain.count)
        var random = SeededRandom(state: seed)
        let input = inputs.randomElement(using: &random) ?? []
        var mutation = Mutation(SeededRandom(state: random.next()), parts: inputs)
        return Fuzz.Case(seed: seed, input: mutation.damage(input), random: random)
    }
}

/// What a target is about to try, where the handler of a trap's signal finds it.
private final class FlightRecord {
    private static let slots = 64
    private static let slotBytes = 1 << 17
    private static let used = Atomic<Int>(0)
    /// The handler may use plain memory only: of each slot the thread, the length of the text, and the text.
    private static let memory = UInt(bitPattern: UnsafeMutableRawPointer.allocate(byteCount: slots * slotBytes, alignment: 16))

    private let target: String
    private let slot: UnsafeMutableRawPointer

    init(_ target: String) {
        self.target = target
        _ = Self.isWatching
        let number = Self.used.wrappingAdd(1, ordering: .relaxed).newValue % Self.slots
        slot = Self.slot(number)
    }

    deinit { slot.storeBytes(of: 0, as: UInt.self) }

    func note(_ seed: UInt64, _ input: [UInt8]) {
        let head = "\nFuzz target “\(target)”, SONDE_FUZZ_SEED=\(seed), input:\n"
        let isText = String(validating: input, as: UTF8.self) != nil
        let text =
            Array(head.utf8) + (isText ? input : Array(input.map { String($0, radix: 16) }.joined(separator: " ").utf8)) + [
                UInt8(ascii: "\n")
            ]
        let length = min(text.count, Self.slotBytes - 16)
        text.withUnsafeBytes { (slot + 16).copyMemory(from: $0.baseAddress!, byteCount: length) }
        slot.storeBytes(of: length, toByteOffset: 8, as: Int.self)
        slot.storeBytes(of: Self.thread, as: UInt.self)
    }

    private static func slot(_ number: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(bitPattern: memory)! + number * slotBytes
    }

    /// By number of the signal: what was done with it before, such as Swift's trace of the stack.
    private static let actions = UInt(
        bitPattern: UnsafeMutableRawPointer.allocate(byteCount: 32 * MemoryLayout<sigaction>.stride, alignment: 16))

    private static func action(_ number: Int32) -> UnsafeMutablePointer<sigaction> {
        (UnsafeMutableRawPointer(bitPattern: actions)! + Int(number) * MemoryLayout<sigaction>.stride).assumingMemoryBound(
            to: sigaction.self)
    }

    private static let isWatching: Bool = {
        for number in 0..<slots { slot(number).storeBytes(of: 0, as: UInt.self) }
        var telling = sigaction()
        telling.__sigaction_handler.sa_handler = { number in
            FlightRecord.tell()
            // The instruction is carried out again, and is now left to who watched before.
            sigaction(number, FlightRecord.action(number), nil)
        }
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT] { sigaction(number, &telling, action(number)) }
        return true
    }()

    private static var thread: UInt { UInt(pthread_self()) }

    /// Writes what the thread that trapped was trying; what all were, when a target's tasks have gone on on another thread.
    private static func tell() {
        let numbers = 0..<slots
        let isKnown = numbers.contains { slot($0).load(as: UInt.self) == thread }
        for number in numbers {
            let slot = slot(number)
            let owner = slot.load(as: UInt.self)
            guard isKnown ? owner == thread : owner != 0 else { continue }
            _ = write(STDERR_FILENO, slot + 16, slot.load(fromByteOffset: 8, as: Int.self))
        }
    }
}
