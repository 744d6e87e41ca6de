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
            let selection = try Self.selection(request)
            // HEAD is routed here too.
            guard request.method == .get else { return Response(status: .ok, headers: [.contentType: Self.type]) }
            var showsCommandLines = true
            if selection != nil, let users { showsCommandLines = await users.refusal(of: context.channel) == nil }
            guard let subscription = await hub.subscribe(selection, showsCommandLines: showsCommandLines) else {
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

    private static func selection(_ request: Request) throws(ControlFailure) -> StreamSelection? {
        var selection: StreamSelection?
        for (key, value) in request.uri.queryParameters {
            guard value.utf8.count <= selectionLimit else {
                throw ControlFailure(code: "bad_option", message: "`\(key.prefix(20))` has at most \(selectionLimit) bytes")
            }
            switch key {
            case "container": selection = .container(String(value))
            case "node": selection = .node(String(value))
            default: throw ControlFailure(code: "bad_option", message: "unknown option `\(key)`; known are container, node")
            }
        }
        return selection
    }
}
