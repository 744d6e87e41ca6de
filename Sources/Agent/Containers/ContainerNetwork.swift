/// Whose network a container uses.
enum ContainerNetwork: Sendable, Equatable {
    /// A network namespace of its own, which others may use too.
    case own
    /// The host's: its interfaces' traffic is the host's.
    case host
    /// That of the container with this id, as `--network container:<id>` and the containers of a pod have it.
    case shared(with: String)

    /// The engine's `HostConfig.NetworkMode`: `host`, `container:<id>`, and for everything else (`bridge`, `none`, a network's name) a namespace of
    /// its own.
    init?(mode: String?) {
        guard let mode, !mode.isEmpty else { return nil }
        if mode == "host" {
            self = .host
        } else if mode.hasPrefix("container:") {
            self = .shared(with: String(mode.dropFirst("container:".count)))
        } else {
            self = .own
        }
    }
}

/// Finds out whose network each container of a host uses, from what the engine says and from the kernel's network namespaces.
///
/// The namespace decides where both are known: a container that is started again gets another namespace, and those that share the earlier one stay
/// there. Of several in one namespace it belongs to the first: a pod's sandbox is started before its containers.
struct NetworkOwners {
    struct Member {
        var id: String
        /// What the engine says; `nil` when it says nothing.
        var told: ContainerNetwork?
        /// The namespace's name, such as `net:[4026532001]`; `nil` when the kernel doesn't let this user see it.
        var namespace: String?
        /// When its first process was started, microseconds since boot.
        var started: UInt64?
    }

    private let host: String?
    /// By namespace.
    private var owners: [String: Member] = [:]
    /// Those whose namespace is known.
    private var ids: Set<String> = []

    /// - Parameter host: the host's own namespace, if it is known.
    init(_ members: some Sequence<Member>, host: String?) {
        self.host = host
        for member in members {
            guard let namespace = member.namespace else { continue }
            ids.insert(member.id)
            if let known = owners[namespace], !Self.precedes(member, known) { continue }
            owners[namespace] = member
        }
    }

    /// - Returns: `nil` when neither the engine nor the kernel says it.
    func network(of member: Member) -> ContainerNetwork? {
        // A rootless engine's "host" is a namespace of its own, but no container's.
        if member.told == .host { return .host }
        guard let namespace = member.namespace else { return member.told }
        if namespace == host { return .host }
        // Without the host's namespace to compare with, it could be the host's.
        if host == nil, member.told == nil { return nil }
        guard let owner = owners[namespace], owner.id != member.id else {
            return sharesWithUnseen(member) ? member.told : .own
        }
        return sharesWithUnseen(owner) ? owner.told : .shared(with: owner.id)
    }

    /// Whether the network is that of a container that isn't among the members, such as one that isn't to be recorded.
    private func sharesWithUnseen(_ member: Member) -> Bool {
        if case .shared(let other) = member.told { !ids.contains(other) } else { false }
    }

    private static func precedes(_ one: Member, _ other: Member) -> Bool {
        func rank(_ member: Member) -> (Int, UInt64, String) {
            var isGuest = false
            if case .shared = member.told { isGuest = true }
            return (isGuest ? 1 : 0, member.started ?? .max, member.id)
        }
        return rank(one) < rank(other)
    }
}
