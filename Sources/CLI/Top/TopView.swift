#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the loop keeps from one moment to the next: the model, its frozen copy during a pause, and how the collector is.
struct TopView {
    private var model = TopModel()
    /// What is shown during a pause.
    private var frozen: TopModel?
    private var answered = StreamQuestion.overview
    private var lastEvent = ContinuousClock.now
    private var failure: CommandFailure?
    private let address: String
    /// As they were drawn: what the user sees is what the keys act upon.
    private var targets: [TopTarget] = []
    private var current = 0
    private var page = 1

    init(address: String) { self.address = address }

    /// When the last event came before the collector was lost; `nil` while it is there.
    var lostSince: ContinuousClock.Instant? { failure == nil ? nil : lastEvent }

    /// Takes news over. Returns whether anything has changed.
    mutating func take(_ news: [StreamFeed.News]) -> Bool {
        for item in news {
            switch item {
            case .connected(let request):
                // With another wish the same detail comes again.
                if answered != request.question { model.forgetDetail() }
                answered = request.question
            case .event(let event):
                (lastEvent, failure) = (.now, nil)
                model.apply(event)
            case .lost(let failure): self.failure = failure
            }
        }
        return !news.isEmpty
    }

    mutating func press(_ key: Key, _ state: inout TopState) -> TopState.Effect {
        let effect = state.apply(key, targets: targets, current: current, page: page)
        if !state.isPaused { frozen = nil } else if frozen == nil { frozen = model }
        // More than one key may come before the next drawing.
        if effect == .redraw { order(state) }
        return effect
    }

    mutating func draw(_ state: inout TopState, on screen: inout FullScreen) {
        let size = RawTerminal.size(STDOUT_FILENO)
        let order = order(state)
        page = max(1, size.rows - 8)
        let lost = failure.map { failure in
            (seconds: Int((ContinuousClock.now - lastEvent).components.seconds), reason: failure.reason)
        }
        let picture = TopPicture(model: frozen ?? model, address: address, lost: lost, answered: answered)
        screen.draw(TopScreen.lines(picture, order, &state, size), columns: size.columns)
    }

    /// What the collector is to be asked for, by what it has said last.
    func request(_ state: TopState, before: StreamRequest) -> StreamRequest { state.request(frozen ?? model, before: before) }

    @discardableResult private mutating func order(_ state: TopState) -> TopOrder {
        let order = TopOrder(frozen ?? model, state)
        (targets, current) = (order.targets, order.current)
        return order
    }
}

extension CommandFailure {
    /// The first sentence: what to do about it is said where there is room.
    fileprivate var reason: String { message.split(separator: "\n").first.map(String.init) ?? message }
}
