import StatsCore

/// What `sonde top` knows at one moment, besides what the user has chosen.
struct TopPicture: Sendable {
    var model: TopModel
    /// Where the collector is.
    var address: String
    /// Since when the collector is lost, in whole seconds, and why; `nil` while it is there.
    var lost: (seconds: Int, reason: String)?
    /// The question that what is shown of `model.detail` answers.
    var answered: StreamQuestion
}

/// Draws the screen of `sonde top`: exactly as many lines as the terminal has, none too wide.
enum TopScreen {
    /// - Parameter state: the details' scroll is limited to what there is.
    static func lines(_ picture: TopPicture, _ order: TopOrder, _ state: inout TopState, _ size: ScreenSize) -> [ScreenLine] {
        var head = TopHead.lines(picture, order, state, columns: size.columns)
        // On a very low terminal what is asked for counts more than the head.
        if size.rows < 8 { head = Array(head.prefix(1)) }
        let room = max(0, size.rows - head.count - 1)
        var body =
            switch (state.showsHelp, state.showsEvents, state.question) {
            case (true, _, _): TopHelp.lines
            case (_, true, _): scrolled(TopEvents.lines(picture.model, state, columns: size.columns), &state, rows: room)
            case (_, _, .overview): TopOverview.lines(order, state, ScreenSize(columns: size.columns, rows: room))
            default:
                scrolled(TopDetail.lines(picture, state, columns: size.columns), &state, rows: room)
            }
        body = Array(body.prefix(room))
        body += Array(repeating: ScreenLine(), count: room - body.count)
        if picture.lost != nil { body = body.map(\.faded) }
        let lines = head + body + [TopHead.footer(order, state, columns: size.columns)]
        return lines.prefix(size.rows).map { $0.fitted(columns: size.columns) }
    }

    /// The first lines stay: they say what the others are.
    private static func scrolled(_ detail: TopDetail.Page, _ state: inout TopState, rows: Int) -> [ScreenLine] {
        state.limit(scroll: detail.fixed.count + detail.moving.count - rows)
        return detail.fixed + detail.moving.dropFirst(state.scroll)
    }
}
