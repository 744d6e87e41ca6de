import StatsCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The progress of a recording: one line on standard error that is overwritten again and again, if that is a terminal.
struct Progress: Sendable {
    /// In microseconds; a shorter recording ends before anybody could read a line.
    static let threshold: Int64 = 2_000_000

    /// How much longer than its duration a run may take before `sonde` stops it.
    private static let patience = Duration.seconds(30)

    /// Whether the recording lasts longer than the threshold, or for an unknown time.
    let isLong: Bool
    private let isShown: Bool
    private let heard: Heard?

    /// Which warnings somebody has had already.
    final class Heard: Sendable {
        private let texts = Mutex<Set<String>>([])

        /// Whether a warning is none that came before of the same node, with whatever numbers.
        func isNew(_ text: String) -> Bool {
            let parts = text.split(separator: ": ", maxSplits: 2).map(String.init)
            let key = parts.count == 3 ? parts[1] + ": " + parts[2].filter { !$0.isNumber } : text.filter { !$0.isNumber }
            return texts.withLock { $0.insert(key).inserted }
        }
    }

    /// - Parameter heard: of several recordings one after the other, so that each warning is said once; `nil` says all.
    init(isLong: Bool, heard: Heard? = nil) {
        self.isLong = isLong
        self.heard = heard
        isShown = isLong && isatty(STDERR_FILENO) == 1
    }

    /// Watches the run until `ending` is set, and sets it when the run is over.
    ///
    /// If the collector doesn't answer once, it is asked again. If it has ended, `ending` gets set; if it hangs, the run's duration decides.
    func follow(_ run: RunReport, client: ControlClient, ending: Latch<Ending>) async throws {
        let latest = run.durationUs.map { ContinuousClock.now + .microseconds($0) + Self.patience }
        while ending.value == nil {
            if let latest, ContinuousClock.now > latest { ending.set(.runOver) }
            var pause = Duration.seconds(1)
            do {
                let status = try await client.status()
                guard let current = status.run, current.id == run.id, current.state.isActive else {
                    ending.set(.runOver)
                    break
                }
                let connected = status.nodes.count { $0.isConnected }
                if current.elapsedUs >= Self.threshold || (current.durationUs ?? 0) > Self.threshold { show(current, nodes: connected) }
                if let duration = current.durationUs {
                    // Asks more often near the end of the run, so that the end is noticed soon.
                    pause = min(pause, max(.milliseconds(50), .microseconds(duration.saturatingSubtracting(current.elapsedUs))))
                }
            } catch is CommandFailure {}
            _ = try await ending.wait(within: pause)
        }
    }

    private func show(_ run: RunReport, nodes: Int) {
        guard isShown else { return }
        let elapsed = HumanUnits.duration(microseconds: run.elapsedUs / 1_000_000 * 1_000_000)
        let length = run.durationUs.map { " of \(HumanUnits.duration(microseconds: $0))" } ?? ""
        let rows = run.rows.values.reduce(0, &+)
        let line = "recording \(run.name): \(elapsed)\(length), \(HumanUnits.count(rows, "row")), \(HumanUnits.count(nodes, "node"))"
        let room = max(0, RawTerminal.columns(STDERR_FILENO) - 1)
        // Moves the cursor to the start, so that output of the recorded command overwrites this line.
        Output.write("\r\(VisibleText.escape(line).prefix(room))\u{1b}[K\r", to: STDERR_FILENO)
    }

    func clear() {
        if isShown { Output.write("\r\u{1b}[K", to: STDERR_FILENO) }
    }

    /// Prints what spoils a recording, on a line of its own.
    func warn(_ text: String) { if heard?.isNew(text) ?? true { say(text) } }

    /// Prints a text on a line of its own.
    func say(_ text: String) {
        clear()
        Output.complain(VisibleText.escape(text))
    }
}
