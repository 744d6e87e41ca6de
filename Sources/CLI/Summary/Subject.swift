import ArgumentParser

/// What rows are summed up by.
enum SubjectKind: String, CaseIterable, Encodable, Sendable, ExpressibleByArgument {
    case host
    /// Containers of one name on one node, also those that were made again under it.
    case container
    /// Containers of one name, on all nodes together.
    case name
    /// Containers of one service of Swarm or Compose, or of one name in their pods, on all nodes together.
    case service
    /// Containers of one image, on all nodes together.
    case image
    case unit
    /// Processes of one program's name on one node.
    case process
    /// The same, apart by user and by the container or unit that they are in.
    case program
    /// Series of scraped targets.
    case metric

    /// What is summed up when nobody says it.
    static let usual: [SubjectKind] = [.host, .container, .unit, .process]

    /// The table with the rows; a host's are in further tables besides.
    var table: String {
        switch self {
        case .host: "host"
        case .container, .name, .service, .image: "container"
        case .unit: "unit"
        case .process, .program: "process"
        case .metric: "metric"
        }
    }

    /// Whether rows of several nodes are added up.
    var spansNodes: Bool { self == .name || self == .service || self == .image }
}

/// One thing that used something: a host, a container, …
struct Subject: Sendable, Hashable {
    let kind: SubjectKind
    /// Empty for what spans nodes.
    var node: String
    /// Of a host its node's.
    var name: String
    /// What tells it from others of the same name: a program's user and place; empty else.
    var detail = ""
}

extension Subject: Comparable {
    static func < (left: Subject, right: Subject) -> Bool {
        let order = SubjectKind.allCases
        let kinds = (order.firstIndex(of: left.kind) ?? 0, order.firstIndex(of: right.kind) ?? 0)
        return kinds.0 != kinds.1
            ? kinds.0 < kinds.1 : (left.name, left.node, left.detail) < (right.name, right.node, right.detail)
    }
}
