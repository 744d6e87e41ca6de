/// What the collector is asked for besides the list of everything.
enum StreamQuestion: Hashable, Sendable {
    case overview
    /// The processes of a container: its full id, the beginning of it, or its name.
    case container(String)
    case node(String)
}

/// What is wanted of a fleet that is too large for the collector to send all of it. Asked for only when it says so: earlier versions know of no such wish.
struct StreamWish: Hashable, Sendable {
    var filter = ""
    var node: String?
    /// Fields of a container as `sort` of `GET /stream` takes them; `nil` for the collector's own order, by CPU.
    var order: String?
}

/// One request for the stream.
struct StreamRequest: Hashable, Sendable {
    var question: StreamQuestion
    var wish = StreamWish()

    var path: String {
        let (container, node): (String?, String?) =
            switch question {
            case .overview: (nil, nil)
            case .container(let id): (id, nil)
            case .node(let name): (nil, name)
            }
        // The collector looks for eight words of 512 bytes in all; others are looked for here, in what it sends.
        let words = wish.filter.split(whereSeparator: \.isWhitespace).prefix(8).joined(separator: " ")
        let find = words.isEmpty || words.utf8.count > 512 ? nil : words
        return "/stream"
            + PathEncoding.query([("container", container), ("node", node), ("find", find), ("on", wish.node), ("sort", wish.order)])
    }
}
