extension LiveLevel {
    /// How much a row of table event should worry.
    /// - Parameters:
    ///   - kind: the row's column.
    ///   - result: how a governor's decision ended; `nil` for all other events.
    package init(ofEvent kind: String?, result: String?) {
        switch (kind, result) {
        case ("oom"?, _), (_, "failed"?), (_, "unknown"?), (_, "not done"?): self = .hot
        // What ended may have been meant to; what was done by a policy was.
        case ("container die"?, _), (_, "done"?): self = .warm
        default: self = .ok
        }
    }
}
