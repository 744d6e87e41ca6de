import DequeModule
import StatsCore
import Synchronization

/// Reads files of `/proc` whose reading may block in the kernel, on a thread of its own, so that nobody else waits for them.
///
/// Of what Sonde reads these are: `cmdline` (as `smaps_rollup`, and `environ` and `maps`, which it doesn't read) takes the lock of the process's memory, which a
/// thread of that process may hold while a dead network file system or a broken driver keeps it; `io` waits for an exec of that process, which may read
/// its program from such a file system; `speed` of a network interface, whose driver may ask its hardware. Such a reading lasts as long as the process is stuck, and can't be interrupted.
///
/// A thread that is stuck is given up, and another goes on with the other files.
final class BlockingFiles: Sendable {
    enum Answer: Equatable {
        case content([UInt8])
        /// The file can't be read, or its process has ended.
        case failed
    }

    /// A file that was asked for.
    struct Ticket: Hashable {
        fileprivate let number: UInt64
    }

    private struct Thread {
        var isReading = false
        var since: UInt64 = 0
    }

    private struct State {
        var queue = Deque<(ticket: Ticket, path: String)>()
        /// Those whose answer somebody waits for.
        var open: Set<Ticket> = []
        var answers: [Ticket: Answer] = [:]
        var lastTicket: UInt64 = 0
        /// The thread that takes files from the queue; `nil` when there is none.
        var current: UInt64?
        var threads: [UInt64: Thread] = [:]
        var lastThread: UInt64 = 0

        /// Drops files of the queue that nobody waits for as soon as they are its larger part. While all threads are stuck nobody else takes them from it.
        mutating func shrinkQueue() {
            guard queue.count > 2 * open.count else { return }
            let open = open
            queue.removeAll { !open.contains($0.ticket) }
        }

        var isBusy: Bool { current != nil && (!queue.isEmpty || threads[current!]?.isReading == true) }
    }

    /// More threads than this aren't made: while so many are stuck, further files wait.
    private static let mostThreads = 8
    /// More files than this don't wait at once; a further one counts as one that can't be read.
    private static let mostWaiting = 10_000
    /// A thread without work ends after this time, nanoseconds.
    private static let idleTime: UInt64 = 10_000_000_000

    /// How many bytes of a file are kept.
    private let longest: Int
    private let state = Mutex(State())
    private let work = EventSignal()
    private let answered = EventSignal()

    /// How long somebody who has other things to do should wait at most, nanoseconds. A reading takes some microseconds.
    let longestWait: UInt64
    /// A file that can't be read for so long is given up, nanoseconds.
    let patience: UInt64

    /// A thread that reads one file for less isn't given up, nanoseconds: a wait may be over as soon as it begins.
    private let shortestReading: UInt64
    /// Reads what takes long also of a process that isn't stuck, and which nobody waits for: `smaps_rollup`. `nil` where that isn't wanted.
    let slow: BlockingFiles?

    /// For the files of processes.
    ///
    /// - Parameter smaps: whether the slow ones are wanted.
    static func ofProcesses(smaps: Bool) -> BlockingFiles {
        BlockingFiles(slow: smaps ? BlockingFiles(shortestReading: 3_000_000_000) : nil)
    }

    init(
        longest: Int = 4096, longestWait: UInt64 = 1_000_000_000, patience: UInt64 = 3_000_000_000, shortestReading: UInt64 = 1_000_000,
        slow: BlockingFiles? = nil
    ) {
        self.slow = slow
        self.longest = longest
        self.shortestReading = shortestReading
        self.longestWait = longestWait
        self.patience = patience
    }

    /// Whoever asks takes the answer or forgets the ticket: until then it is kept.
    func ask(_ path: String) -> Ticket {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            let ticket = Ticket(number: state.lastTicket)
            guard state.queue.count < Self.mostWaiting else {
                state.answers[ticket] = .failed
                return ticket
            }
            state.open.insert(ticket)
            state.queue.append((ticket, path))
            return ticket
        }
        startThread()
        return ticket
    }

    /// Waits until every file is answered, except those that stuck threads read, at most until `deadline` (monotonic nanoseconds). A thread that is
    /// busy with one file all the while, and for `shortestReading` at least, is given up.
    func wait(until deadline: UInt64) {
        let began = Clocks.monotonic()
        while state.withLock({ $0.isBusy }) {
            // A signal may be left over from an earlier wait, so this loops.
            guard answered.wait(until: deadline) else { break }
        }
        state.withLock { state in
            guard let current = state.current, let thread = state.threads[current] else { return }
            let now = Clocks.monotonic()
            if thread.isReading, thread.since <= began, now &- thread.since >= shortestReading { state.current = nil }
        }
        startThread()
    }

    /// The answer, once; `nil` while there is none.
    func take(_ ticket: Ticket) -> Answer? { state.withLock { $0.answers.removeValue(forKey: ticket) } }

    /// Nobody waits for this answer any more.
    func forget(_ ticket: Ticket) {
        state.withLock { state in
            state.open.remove(ticket)
            state.answers[ticket] = nil
            state.shrinkQueue()
        }
    }

    /// How many files are kept: those that wait or are being read, and answers that nobody has taken.
    var kept: Int { state.withLock { max($0.queue.count, $0.open.count) + $0.answers.count } }

    /// Those that read, that are stuck and that wait for work.
    var threadCount: Int { state.withLock { $0.threads.count } }

    /// Has a thread take what waits.
    private func startThread() {
        let started = state.withLock { state -> UInt64? in
            guard state.current == nil, !state.queue.isEmpty, state.threads.count < Self.mostThreads else { return nil }
            state.lastThread += 1
            state.current = state.lastThread
            state.threads[state.lastThread] = Thread()
            return state.lastThread
        }
        guard let started else { return work.signal() }
        if PlainThread.start(name: "sonde-files", { self.run(started) }) { return }
        // The files wait; whoever asks or waits next tries again.
        state.withLock { state in
            state.threads[started] = nil
            if state.current == started { state.current = nil }
        }
    }

    private func run(_ thread: UInt64) {
        var buffer = ReadBuffer(capacity: longest)
        while true {
            while let (ticket, path) = next(thread) {
                let isRead = (try? KernelFile.readOnce(path, into: &buffer)) != nil
                let answer = isRead ? Answer.content(buffer.bytes.withUnsafeBytes { Array($0.prefix(longest)) }) : .failed
                state.withLock { state in
                    state.threads[thread]?.isReading = false
                    if state.open.remove(ticket) != nil { state.answers[ticket] = answer }
                }
                answered.signal()
            }
            let isOver = state.withLock { $0.current != thread }
            if isOver || !work.wait(until: Clocks.monotonic() + Self.idleTime), end(thread) { return }
        }
    }

    /// The next file for a thread; `nil` when there is none, and for a thread that was given up.
    private func next(_ thread: UInt64) -> (Ticket, String)? {
        state.withLock { state in
            guard state.current == thread else { return nil }
            while let (ticket, path) = state.queue.popFirst() {
                guard state.open.contains(ticket) else { continue }
                state.threads[thread] = Thread(isReading: true, since: Clocks.monotonic())
                return (ticket, path)
            }
            return nil
        }
    }

    /// Ends a thread, unless work has come meanwhile.
    private func end(_ thread: UInt64) -> Bool {
        state.withLock { state in
            if state.current == thread {
                guard state.queue.isEmpty else { return false }
                state.current = nil
            }
            state.threads[thread] = nil
            return true
        }
    }
}
