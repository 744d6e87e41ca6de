/// `/proc/loadavg`: runnable and uninterruptible tasks, averaged over 1, 5 and 15 minutes (proc_loadavg(5)).
///
///     1.46 0.78 0.52 3/94 11782
package struct LoadAverage: Sendable, Equatable {
    package private(set) var one: Double?
    package private(set) var five: Double?
    package private(set) var fifteen: Double?
    /// Tasks that run or wait for a core at this instant, the reader among them.
    package private(set) var runnable: UInt64?

    package init() {}

    package init(parsing bytes: RawSpan) {
        var cursor = ByteCursor(bytes.completeLines)
        one = cursor.fraction()
        // When a column isn't a number, the columns after it are absent too: they could not be told apart.
        five = one == nil ? nil : cursor.fraction()
        fifteen = five == nil ? nil : cursor.fraction()
        runnable = fifteen == nil ? nil : cursor.decimal()
    }
}
