import ArgumentParser

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `sonde top` at a terminal: keys and the collector's news come in, the screen goes out. Runs on a thread of its own, as it waits in poll(2).
struct TopLoop: Sendable {
    let feed: StreamFeed
    let wake: WakePipe
    /// Where the collector is.
    let address: String

    /// Returns when the user quits, or when the terminal is gone.
    ///
    /// - Throws: `CommandFailure` when there is no terminal.
    func run(_ state: TopState, palette: Palette) throws {
        guard var screen = FullScreen(palette) else {
            throw CommandFailure(
                code: "usage",
                message: "Standard input is no terminal, and sonde top is driven by keys. `sonde top --once` prints a table.",
                status: .validationFailure)
        }
        var state = state
        var decoder = KeyDecoder()
        var view = TopView(address: address)
        var effect = TopState.Effect.redraw
        var asked = StreamRequest(question: state.question)
        while true {
            if effect != .ignored { view.draw(&state, on: &screen) }
            effect = .ignored
            var watched = [
                pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0), pollfd(fd: wake.reading, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&watched, 2, decoder.isPending ? KeyDecoder.sequenceMilliseconds : view.lostSince == nil ? -1 : 500)
            var keys: [Key] = []
            if count == 0 { keys = decoder.flush() }
            if count > 0, watched[0].revents != 0 {
                var bytes = [UInt8](repeating: 0, count: 256)
                let length = read(STDIN_FILENO, &bytes, bytes.count)
                if length == 0 || (length < 0 && errno != EINTR && errno != EAGAIN) { return }
                keys = bytes.prefix(max(0, length)).flatMap { decoder.feed($0) }
            }
            let signals = wake.drain()
            if signals.contains(SIGTSTP) { screen.suspend() }
            // Stopped and continued by others, or of another size: nobody knows what the screen shows.
            if signals.contains(SIGCONT) { screen.open() }
            if signals.contains(SIGWINCH) { screen.clear() }
            if view.take(feed.take()) || !signals.isEmpty || view.lostSince != nil { effect = .redraw }
            for key in keys {
                let next = view.press(key, &state)
                switch next {
                case .ignored: continue
                case .quit: return
                case .suspend: screen.suspend()
                case .repaint: screen.clear()
                case .ask, .redraw: break
                }
                effect = .redraw
            }
            let request = view.request(state, before: asked)
            if request != asked { feed.ask(request) }
            asked = request
        }
    }
}
