/// What the collector is asked for besides the list of everything.
enum StreamQuestion: Hashable, Sendable {
    case overview
    /// The processes of a container: its full id, the beginning of it, or its name.
    case container(String)
    case node(String)

    var path: String {
        switch self {
        case .overview: "/stream"
        case .container(let id): "/stream" + PathEncoding.query([("container", id)])
        case .node(let name): "/stream" + PathEncoding.query([("node", name)])
        }
    }
}
