import NIOCore
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A request to the Docker engine that got no answer, or an unusable one.
struct EngineError: Error, Equatable, CustomStringConvertible {
    enum Code: Equatable {
        /// Nothing exists at the socket's path.
        case socketAbsent
        /// The socket exists, and this user may not open it.
        case permissionDenied
        /// The socket exists, and no process listens on it.
        case refused
        /// No complete answer came in time.
        case timeout
        /// The connection ended before the answer was complete.
        case closed
        /// The engine answered with this HTTP status, which isn't 200.
        case status(Int)
        /// The answer is larger than the accepted size.
        case tooLarge
        /// The answer is not HTTP, or not the JSON that the API's reference describes.
        case badAnswer
        /// The calling task was cancelled.
        case cancelled
    }

    let code: Code
    /// The engine's socket.
    let socket: String
    /// The path that was asked for, such as `/v1.41/containers/json`; empty when no request was made.
    let target: String
    /// The engine's own message, or the fault of the answer.
    let message: String

    init(_ code: Code, socket: String, target: String = "", message: String = "") {
        self.code = code
        self.socket = socket
        self.target = target
        self.message = message
    }

    init(_ failure: HTTPFailure, socket: String, target: String) {
        let code: Code =
            switch failure.code {
            case .timeout: .timeout
            case .closed: .closed
            case .tooLarge: .tooLarge
            case .badAnswer: .badAnswer
            }
        self.init(code, socket: socket, target: target, message: failure.message)
    }

    /// Explains a failed connect(2) so that the user knows what to do.
    init(connecting error: any Error, socket: String) {
        let code: Code =
            switch (error as? IOError)?.errnoCode {
            case ENOENT: .socketAbsent
            case EACCES, EPERM: .permissionDenied
            case ECONNREFUSED: .refused
            default: error is ChannelError ? .timeout : .badAnswer
            }
        self.init(code, socket: socket, message: "\(error)")
    }

    /// The container does not exist, or no longer.
    var isGone: Bool { code == .status(404) }

    var description: String {
        let request = target.isEmpty ? "" : " for \(target)"
        let said = message.isEmpty ? "" : ": \(message)"
        return switch code {
        case .socketAbsent: "no Docker engine: \(socket) does not exist"
        case .permissionDenied: "\(socket) may not be opened: join the group docker or run as root"
        case .refused: "nobody listens at \(socket): is the Docker engine running?"
        case .timeout: "the engine at \(socket) gave no answer in time\(request)"
        case .closed: "the engine at \(socket) closed the connection\(request)"
        case .status(let status): "the engine at \(socket) answered \(status)\(request)\(said)"
        case .tooLarge: "the engine at \(socket) gave an answer that is too large\(request)\(said)"
        case .badAnswer: "the engine at \(socket) gave an answer that can't be read\(request)\(said)"
        case .cancelled: "the request to \(socket) was cancelled"
        }
    }
}
