/// A line that can be chosen.
enum TopTarget: Hashable, Sendable {
    case node(String)
    /// `identity` is the row's; `id` what the collector is asked for.
    case container(identity: String, id: String)

    init(node: TopRow) { self = .node(node.text("node") ?? "") }
    init(container: TopRow) { self = .container(identity: container.identity, id: container.text("id") ?? container.displayName) }

    var question: StreamQuestion {
        switch self {
        case .node(let name): .node(name)
        case .container(_, let id): .container(id)
        }
    }
}

/// What the user of `sonde top` has chosen. Pure: keys go in, and what the screen or the collector must do comes out.
struct TopState: Sendable {
    enum Effect: Equatable, Sendable {
        case redraw, ignored
        case ask(StreamQuestion)
        /// Draw everything anew, as something else may have written on the terminal.
        case repaint
        case suspend, quit
    }

    var sort = TopSort.cpu
    var isReversed = false
    var grouping = TopGrouping.none
    var filter = ""
    /// The one node that is shown.
    var onlyNode: String?
    var showsNodes = true
    private(set) var showsHelp = false
    /// The list of what happened, in place of what is asked for.
    private(set) var showsEvents = false
    private(set) var isPaused = false
    /// The line that is being written behind `/`.
    private(set) var typing: LineBuffer?
    private(set) var question = StreamQuestion.overview
    /// The line that the user has gone to; `nil` stays on the first container, whichever that is.
    private(set) var selected: TopTarget?
    /// How far the details or the events are moved up, in lines.
    private(set) var scroll = 0

    /// Whether nodes and containers are listed.
    var isList: Bool { question == .overview && !showsEvents }

    init(question: StreamQuestion = .overview) { self.question = question }

    /// What the collector is to be asked for. While a filter is being written, and out of the list, the wish stays as it is.
    func request(_ model: TopModel, before: StreamRequest) -> StreamRequest {
        guard isList, typing == nil, !isPaused else { return StreamRequest(question: question, wish: before.wish) }
        return StreamRequest(question: question, wish: model.isWhole ? StreamWish() : wish)
    }

    /// What is wanted of a fleet that is too large to be sent whole.
    var wish: StreamWish {
        // By CPU, the most first, is the collector's own order.
        StreamWish(filter: filter, node: onlyNode, order: sort == .cpu && !isReversed ? nil : sort.order(isReversed: isReversed))
    }

    /// - Parameters:
    ///   - targets: the lines that can be chosen, from top to bottom.
    ///   - page: how many lines a page has.
    mutating func apply(_ key: Key, targets: [TopTarget], current: Int, page: Int) -> Effect {
        if key == .control("c") { return .quit }
        if key == .control("z") { return .suspend }
        if key == .control("l") { return .repaint }
        if typing != nil { return type(key) }
        if showsHelp {
            showsHelp = false
            return key == .character("q") ? .quit : .redraw
        }
        switch key {
        case .character(let scalar): return press(scalar, targets: targets, current: current, page: page)
        case .escape, .left, .backspace: return back()
        case .enter, .right:
            guard isList, targets.indices.contains(current) else { return .ignored }
            return ask(targets[current].question)
        case .up, .control("p"): return move(-1, targets, current)
        case .down, .control("n"): return move(1, targets, current)
        case .pageUp, .control("b"): return move(-page, targets, current)
        case .pageDown, .control("f"): return move(page, targets, current)
        case .home: return move(-1_000_000, targets, current)
        case .end: return move(1_000_000, targets, current)
        case .control, .tab, .delete, .unknown: return .ignored
        }
    }

    /// The details can't be moved further than to their last line.
    mutating func limit(scroll most: Int) { scroll = min(scroll, max(0, most)) }

    private mutating func press(_ scalar: Unicode.Scalar, targets: [TopTarget], current: Int, page: Int) -> Effect {
        switch scalar {
        case "q": return .quit
        case "j": return move(1, targets, current)
        case "k": return move(-1, targets, current)
        case "h": return back()
        case "l": return apply(.enter, targets: targets, current: current, page: page)
        case "r": isReversed.toggle()
        case " ": isPaused.toggle()
        case "?": showsHelp = true
        case "e": (showsEvents, scroll) = (!showsEvents, 0)
        case _ where showsEvents: return .ignored
        case "g" where question == .overview: grouping = grouping.next
        case "n" where question == .overview: showsNodes.toggle()
        case "/" where question == .overview:
            var line = LineBuffer()
            line.replace(with: filter)
            typing = line
        default:
            guard let chosen = TopSort(key: scalar) else { return .ignored }
            sort = chosen
        }
        return .redraw
    }

    /// Escape: out of the events or the details, else the filter goes.
    private mutating func back() -> Effect {
        if showsEvents {
            (showsEvents, scroll) = (false, 0)
            return .redraw
        }
        if question != .overview { return ask(.overview) }
        guard !filter.isEmpty || selected != nil else { return .ignored }
        (filter, selected) = ("", nil)
        return .redraw
    }

    private mutating func ask(_ question: StreamQuestion) -> Effect {
        self.question = question
        scroll = 0
        // Old details under a new title would be wrong.
        isPaused = false
        return .ask(question)
    }

    private mutating func move(_ lines: Int, _ targets: [TopTarget], _ current: Int) -> Effect {
        guard isList else {
            scroll = max(0, scroll + lines)
            return .redraw
        }
        guard !targets.isEmpty else { return .ignored }
        selected = targets[min(max(current + lines, 0), targets.count - 1)]
        return .redraw
    }

    private mutating func type(_ key: Key) -> Effect {
        guard var line = typing else { return .ignored }
        switch key {
        case .escape: (typing, filter) = (nil, "")
        case .enter: typing = nil
        default:
            guard line.apply(key) == .edited else { return .ignored }
            (typing, filter) = (line, line.text)
        }
        return .redraw
    }
}
