import NIOCore
import StatsCore

/// An order of the recorder to a session.
enum SessionOrder: Sendable, Equatable {
    /// The first order of every admitted session.
    case welcome(Welcome)
    case ack(Ack)
    case rewind(Rewind)
    case prepare(Prepare)
    case run(RunOrder)
    case stop(StopOrder)
    /// End the connection, with the reason.
    case close(Refusal)

    /// The frame that tells it to the agent, without its length.
    func write(to out: inout ByteWriter) throws {
        switch self {
        case .ack(let ack): out.write(ack)
        case .rewind(let rewind): out.write(rewind)
        case .welcome(let message): out.append(try message.encoded())
        case .prepare(let message): out.append(try message.encoded())
        case .run(let message): out.append(try message.encoded())
        case .stop(let message): out.append(try message.encoded())
        case .close(let message): out.append(try message.encoded())
        }
    }
}

/// Whoever carries orders to one agent. The recorder never waits for it: an agent that doesn't read loses its session.
protocol SessionOrders: Sendable {
    /// - Parameter frame: the order as a whole frame, if it was encoded already for others.
    func post(_ order: SessionOrder, frame: ByteBuffer?)
}

extension SessionOrders {
    func post(_ order: SessionOrder) { post(order, frame: nil) }
}
