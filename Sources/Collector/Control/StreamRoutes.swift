import Hummingbird
import NIOCore
import StatsCore

/// `GET /stream`: live values as server-sent events, until the client leaves or the collector ends.
struct StreamRoutes {
    let hub: StreamHub
    /// Who may see command lines, in which secrets may stand; `nil` when all may.
    let users: LocalUsers?

    func add(to router: Router<ControlContext>) {
        router.read("stream") { request, context in
            let (selection, query) = try Self.wanted(request)
            // HEAD is routed here too.
            guard request.method == .get else { return Response(status: .ok, headers: [.contentType: Self.type]) }
            var showsCommandLines = true
            if selection != nil, let users { showsCommandLines = await users.refusal(of: context.channel) == nil }
            guard let subscription = await hub.subscribe(selection, query, showsCommandLines: showsCommandLines) else {
                throw ControlFailure(
                    code: "too_many_streams",
                    message:
                        "\(Followers.limit) clients follow the live values already, or the collector is ending: close one, or try again"
                )
            }
            return Response(status: .ok, headers: [.contentType: Self.type], body: body(subscription))
        }
    }

    /// It is kept as long as its client follows; no name of a container or a node is as long (bytes).
    private static let selectionLimit = 512
    private static let type = "text/event-stream; charset=utf-8"

    private func body(_ subscription: StreamHub.Subscription) -> ResponseBody {
        ResponseBody { [hub] writer in
            do {
                for await _ in subscription.news {
                    while let piece = try await hub.next(subscription.id) { try await writer.write(piece) }
                }
            } catch {
                await hub.unsubscribe(subscription.id)
                throw error
            }
            await hub.unsubscribe(subscription.id)
            try await writer.finish(nil)
        }
    }

    /// What is told besides the overview, and what is wanted of a fleet that is too large to be sent whole.
    private static func wanted(_ request: Request) throws(ControlFailure) -> (StreamSelection?, StreamQuery) {
        var selection: StreamSelection?
        var query = StreamQuery()
        for (key, value) in request.uri.queryParameters {
            guard value.utf8.count <= selectionLimit else {
                throw ControlFailure(code: "bad_option", message: "`\(key.prefix(20))` has at most \(selectionLimit) bytes")
            }
            switch key {
            case "container": selection = .container(String(value))
            case "node": selection = .node(String(value))
            case "find":
                query.find = String(value)
                guard query.words.count <= StreamQuery.wordLimit else {
                    throw ControlFailure(code: "bad_option", message: "`find` has at most \(StreamQuery.wordLimit) words")
                }
            case "on": query.node = value.isEmpty ? nil : String(value)
            case "sort":
                guard let order = StreamQuery.Order(String(value)) else {
                    throw ControlFailure(
                        code: "bad_option",
                        message:
                            "`sort` can't be `\(value)`: give a container's field, such as memory_usage_bytes, with - before it for the most first"
                    )
                }
                query.order = order
            default:
                throw ControlFailure(code: "bad_option", message: "unknown option `\(key)`; known are container, node, find, on, sort")
            }
        }
        return (selection, query)
    }
}
