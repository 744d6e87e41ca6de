import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How far a recording is: one line on standard error that is written again and again, if that is a terminal.
struct Progress: Sendable {
    /// Microseconds; a shorter recording is over before anybody has read a line.
    static let threshold: Int64 = 2_000_000

    /// How much later than its length a run may end before it is stopped from here.
    private static let patience = Duration.seconds(30)

    /// Whether the recording lasts longer than the threshold, as far as is known.
    let isLong: Bool
    private let isShown: Bool

    init(isLong: Bool) {
        self.isLong = isLong
        isShown = isLong && isatty(STDERR_FILENO) == 1
    }

    /// Watches the run until `ending` is set, and sets it when the run is over.
    ///
    /// A collector that can't be asked for once is asked again: when it has ended, `ending` knows; when it hangs, the run's length counts.
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
                    // The end of the run should be noticed soon after it has come.
                    pause = min(pause, max(.milliseconds(50), .microseconds(duration - current.elapsedUs)))
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
        // The cursor goes back to the start, so that a line of the recorded command replaces this one.
        Output.write("\r\(VisibleText.escape(line).prefix(room))\u{1b}[K\r", to: STDERR_FILENO)
    }

    func clear() {
        if isShown { Output.write("\r\u{1b}[K", to: STDERR_FILENO) }
    }

    /// Says something on a line of its own.
    func say(_ text: String) {
        clear()
        Output.complain(VisibleText.escape(text))
    }
}
