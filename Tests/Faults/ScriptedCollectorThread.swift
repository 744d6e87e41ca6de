import Foundation
import StatsCore
import Synchronization
import TestSupport

extension ScriptedCollector {
    /// Serves until `end`.
    func work() {
        while true {
            let waiting = state.withLock { state -> [Int32]? in
                if state.isEnded { return nil }
                arrange(&state)
                return state.conduct.isDeaf ? [] : Array(state.connections.keys) + [state.listener].compactMap(\.self)
            }
            guard let waiting else { break }
            let ready = LoopbackSocket.readable(waiting, within: 5)
            state.withLock { state in
                for descriptor in ready {
                    if descriptor == state.listener { greet(&state) } else { read(descriptor, &state) }
                }
                if state.conduct.acknowledges { acknowledge(&state) }
            }
        }
        state.withLock { state in
            state.connections.keys.forEach { close($0) }
            state.connections = [:]
            if let listener = state.listener { close(listener) }
        }
    }

    /// Opens or closes the listener, as the behaviour demands.
    private func arrange(_ state: inout State) {
        if state.conduct.isAway, let listener = state.listener {
            close(listener)
            state.listener = nil
        } else if !state.conduct.isAway, state.listener == nil {
            // Another process may have taken the port meanwhile; then the next turn tries again.
            state.listener = try? LoopbackSocket.listen(port: port).descriptor
        }
    }

    private func greet(_ state: inout State) {
        guard let listener = state.listener, let descriptor = LoopbackSocket.accept(at: listener) else { return }
        let limit = state.conduct.resetsWithin.map { Int.random(in: 1...$0, using: &state.random) }
        let connection = AgentConnection(descriptor, bytesLeft: limit)
        state.connections[descriptor] = connection
        if state.conduct.isSilent { return }
        send(Challenge(protocols: [1, 1], nonce: String(repeating: "0", count: 64), version: "fault"), to: connection)
    }

    private func read(_ descriptor: Int32, _ state: inout State) {
        guard var connection = state.connections[descriptor] else { return }
        guard let frames = connection.receive() else {
            close(descriptor)
            state.connections[descriptor] = nil
            return
        }
        let received = Self.now()
        for payload in frames where !state.conduct.isSilent && !state.conduct.isAway {
            do {
                try take(AgentFrame(payload), &connection, &state, received: received)
            } catch {
                state.ledger.accuse("the agent sent \(error)")
            }
            if let limit = state.conduct.leavesAfter, state.ledger.entries.count >= limit {
                state.conduct.isAway = true
                state.conduct.leavesAfter = nil
                Self.hangUp(&state)
            }
        }
        state.connections[descriptor] = connection
        if connection.bytesLeft == 0 {
            state.tally.resets += 1
            if connection.isInMidFrame { state.tally.resetsInMidFrame += 1 }
            state.connections[descriptor] = nil
            LoopbackSocket.reset(descriptor)
        }
    }

    private func take(_ frame: AgentFrame, _ connection: inout AgentConnection, _ state: inout State, received: Int64) throws {
        switch frame {
        case .hello(let hello): welcome(hello, &connection, &state)
        case .ping(let ping):
            state.tally.lastPing = ping
            send(Pong(t1: ping.t1, t2: received, t3: Self.now()), to: connection)
        case .live: state.tally.live += 1
        case .environment: break
        case .fin(let fin): state.tally.lastFin = fin
        case .refusal(let refusal): state.tally.complaints.append(refusal)
        case .other(let type): state.ledger.accuse("the agent sent a frame of the unknown type \(type)")
        case .sequenced(let frame):
            guard let epoch = connection.epoch else { return state.ledger.accuse("a frame before `hello`") }
            state.tally.frames += 1
            if frame.seqs.upperBound <= connection.settled {
                state.ledger.accuse("frame \(frame.epoch)/\(frame.seqs) came, though `welcome` said that it is on the disk")
            }
            switch state.ledger.take(frame, on: epoch) {
            case .stored:
                state.tally.lastStored = received
                connection.isRewinding = false
            case .again: break
            case .rewind(let seq):
                if !connection.isRewinding { askAgain(from: seq, &connection, &state) }
                connection.isRewinding = true
            }
            if let every = state.conduct.rewindsEvery, state.tally.frames % every == 0 {
                askAgain(from: Self.anywhere(near: frame.seqs.upperBound, &state.random), &connection, &state)
                connection.isRewinding = false
            }
        }
    }

    private func welcome(_ hello: Hello, _ connection: inout AgentConnection, _ state: inout State) {
        state.tally.hellos.append(hello)
        if let refusal = state.conduct.refusal {
            state.tally.refusals += 1
            return send(refusal, to: connection)
        }
        guard let last = state.ledger.greet(hello) else {
            return send(Refusal(code: "stale_epoch", message: "a later epoch was here"), to: connection)
        }
        connection.epoch = hello.epoch
        connection.settled = last.seq
        send(Welcome(session: "1", last: last, run: state.order, stop: state.stop), to: connection)
    }

    private func askAgain(from seq: UInt64, _ connection: inout AgentConnection, _ state: inout State) {
        guard let epoch = connection.epoch else { return }
        connection.settled = 0
        state.tally.rewinds += 1
        send(Rewind(epoch: epoch, seq: seq), to: connection)
    }

    /// A number to rewind to: mostly an existing one, sometimes one that can't be.
    private static func anywhere(near seq: UInt64, _ random: inout SeededRandom) -> UInt64 {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: 0
        case 1: .max
        case 2: seq + UInt64.random(in: 0...1000, using: &random)
        default: UInt64.random(in: 0...seq, using: &random)
        }
    }

    private func acknowledge(_ state: inout State) {
        guard !state.ledger.isDurable, let position = state.ledger.commit() else { return }
        for connection in state.connections.values where connection.epoch == position.epoch {
            send(Ack(epoch: position.epoch, seq: position.seq), to: connection)
        }
    }

    private func send(_ message: some WireMessage, to connection: AgentConnection) {
        do { connection.send(try message.encoded()) } catch { preconditionFailure("\(error)") }
    }
}
