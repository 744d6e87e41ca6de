/// A condition that did not become true in time.
package struct NeverCame: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// Polls until `value` returns something other than `nil`, and returns that. Tests wait in this way only: for a condition with a deadline, never for a time.
///
/// - Parameters:
///   - what: what is waited for, for the message of the failure.
///   - limit: when to give up. It bounds a failure and is no claim about speed, so that it holds on a machine that is busy, too.
/// - Throws: `NeverCame` at the deadline; what `value` throws, at once.
package func eventually<Value>(
    _ what: @autoclosure () -> String, within limit: Duration = .seconds(300), every pause: Duration = .milliseconds(10),
    _ value: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let value = try await value() { return value }
        guard ContinuousClock.now < deadline else { throw NeverCame(description: "within \(limit) never came: \(what())") }
        try await Task.sleep(for: pause)
    }
}

package func eventually(
    _ what: @autoclosure () -> String, within limit: Duration = .seconds(300), every pause: Duration = .milliseconds(10),
    _ condition: () async throws -> Bool
) async throws {
    let _: Void = try await eventually(what(), within: limit, every: pause) { try await condition() ? () : nil }
}
