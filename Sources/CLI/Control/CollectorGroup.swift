import ArgumentParser
import NIOCore
import StatsCore

/// Several collectors, each with a client of its own, which are asked at the same time.
struct CollectorGroup: Sendable {
    /// In the order in which they were named.
    let clients: [ControlClient]

    /// Runs `body` with clients of all collectors, and closes the connections afterwards.
    static func connected<Value>(
        to endpoints: ArraySlice<Endpoint>, _ credentials: Credentials, after clients: [ControlClient] = [],
        _ body: (CollectorGroup) async throws -> Value
    ) async throws -> Value {
        guard let first = endpoints.first else { return try await body(CollectorGroup(clients: clients)) }
        return try await ControlClient.connected(to: first, credentials) { client in
            try await connected(to: endpoints.dropFirst(), credentials, after: clients + [client], body)
        }
    }

    /// Asks all of them. One that fails doesn't keep the others from answering.
    /// - Returns: an answer of each, in their order.
    func ask<Value: Sendable>(_ question: @Sendable @escaping (ControlClient) async throws -> Value) async throws -> [CollectorAnswer<
        Value
    >] {
        try await withThrowingTaskGroup(of: (Int, CollectorAnswer<Value>).self) { tasks in
            for (place, client) in clients.enumerated() {
                tasks.addTask {
                    let name = client.endpoint.description
                    do {
                        return (place, CollectorAnswer(collector: name, result: .success(try await question(client))))
                    } catch let failure as CommandFailure {
                        return (place, CollectorAnswer(collector: name, result: .failure(failure)))
                    }
                }
            }
            var answers: [CollectorAnswer<Value>?] = Array(repeating: nil, count: clients.count)
            for try await (place, answer) in tasks { answers[place] = answer }
            return answers.compactMap(\.self)
        }
    }
}

/// What one of several collectors has answered, or why it hasn't.
struct CollectorAnswer<Value> {
    /// `host:port` of its control port.
    let collector: String
    let result: Result<Value, CommandFailure>

    var value: Value? { try? result.get() }

    var failure: CommandFailure? {
        guard case .failure(let failure) = result else { return nil }
        return failure
    }

    func map<Other>(_ change: (Value) -> Other) -> CollectorAnswer<Other> {
        CollectorAnswer<Other>(collector: collector, result: result.map(change))
    }
}

extension CollectorAnswer: Sendable where Value: Sendable {}

/// `{"collector": …, "answer": …}`, or `"failure": {"code": …, "message": …}` in place of the answer.
extension CollectorAnswer: Encodable where Value: Encodable {
    private enum CodingKeys: CodingKey { case collector, answer, failure }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(collector, forKey: .collector)
        switch result {
        case .success(let value): try members.encode(value, forKey: .answer)
        case .failure(let failure): try members.encode(ControlFailure(code: failure.code, message: failure.message), forKey: .failure)
        }
    }
}

extension CommandFailure {
    /// What happened, without the hints that follow it on lines of their own.
    var firstLine: String { message.prefix { $0 != "\n" }.description }

    /// The same to be followed by other clauses.
    var clause: String { firstLine.hasSuffix(".") ? String(firstLine.dropLast()) : firstLine }

    var isUnreachable: Bool { status == .unavailable }
}
