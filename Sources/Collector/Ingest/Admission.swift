import NIOCore
import StatsCore
import Synchronization

/// What an agent asks with its `hello`: to be let in by the recorder.
struct Admission: Sendable {
    private let hello: Hello
    private let columns: SenderCatalogue.Columns
    /// The collector's own proof that it has the token.
    private let proof: String?
    private let channel: any Channel
    private let setting: SessionSetting

    /// - Parameter nonce: of the challenge.
    init(_ hello: Hello, nonce: String, channel: any Channel, setting: SessionSetting) {
        columns = setting.senders.columns(of: hello.tables)
        var known = hello
        known.tables = columns.tables
        self.hello = known
        // It is of the name as it came.
        proof = hello.handshake(challenge: nonce).flatMap { setting.token?.proof(of: .collector, in: $0) }
        self.channel = channel
        self.setting = setting
    }

    /// - Parameter orders: get what the recorder has to say to the agent.
    /// - Throws: why the agent isn't let in.
    func ask(lane: Lane, orders: some SessionOrders) async throws(Refusal) -> SessionMember {
        if let refusal = await setting.users.withLock({ $0 })?.refusal(of: channel) { throw Refusal(code: "other_user", message: refusal) }
        let entry = try await setting.recorder.admit(
            hello, columns: columns.map, address: channel.peer, proof: proof, lane: lane, orders: orders)
        return SessionMember(
            agent: hello.agent, entry: entry, sender: ReceivedTick.Sender(node: entry.node, kernel: hello.kernel, columns))
    }
}

extension Channel {
    /// The peer's address without its port, for people.
    var peer: String { remoteAddress?.ipAddress ?? "?" }
}
