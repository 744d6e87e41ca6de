import StatsCore

/// Finds the one container that a client means.
enum ContainerSearch {
    /// Finds a container by its id, by the beginning of its id when only one begins so, or by its name.
    /// - Throws: `not_found`, or `ambiguous` naming those that fit.
    static func find<Container: NamedContainer>(_ wanted: String, in all: [Container]) throws(ControlFailure) -> Container {
        if let exact = all.first(where: { $0.id == wanted }) { return exact }
        let named = all.filter { $0.name == wanted }
        let fitting = named.isEmpty && !wanted.isEmpty ? all.filter { $0.id.hasPrefix(wanted) } : named
        guard let first = fitting.first else {
            throw ControlFailure(code: "not_found", message: "no container that is live has the id or name `\(wanted)`")
        }
        guard fitting.count == 1 else {
            let list = fitting.prefix(10).map { "\($0.id.prefix(12)) (\($0.name) on \($0.node))" }.joined(separator: ", ")
            throw ControlFailure(code: "ambiguous", message: "`\(wanted)` fits \(fitting.count) containers: \(list)")
        }
        return first
    }
}

/// What a container is found by.
protocol NamedContainer {
    var id: String { get }
    /// Empty when nobody knows it.
    var name: String { get }
    var node: String { get }
}

extension NodeContainers.Entry: NamedContainer {
    var id: String { container.id }
    var name: String { container.name ?? "" }
    var node: String { container.node }
}
