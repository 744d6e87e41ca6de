import StatsCore

/// Which cgroups are recorded as units: `--units`.
struct UnitChoice: Sendable, Equatable {
    var patterns: [UnitPattern] = []
    /// Whether containers that have a name for an id, such as LXC's, are units: where the container table has no rows of them.
    var takesNamedContainers = false

    var isEmpty: Bool { patterns.isEmpty }

    func matches(_ unit: UnitPath) -> Bool { patterns.contains { $0.matches(unit) } }

    /// Whether the unit is asked for itself, so that it is recorded although others in it are, too.
    func names(_ unit: UnitPath) -> Bool { patterns.contains { $0.isPlain && $0.matches(unit) } }

    /// Whether a process of these cgroups is in a unit that a pattern names.
    func covers(_ cgroup: PidCgroup) -> Bool {
        cgroup.unified.map(covers) ?? false || cgroup.controllers.values.contains(where: covers)
    }

    private func covers(_ path: String) -> Bool {
        var above = path[...]
        // The root is the host, and no unit.
        while above.utf8.count > 1 {
            if matches(UnitPath(String(above))) { return true }
            above = above.prefix(upTo: above.lastIndex(of: "/") ?? above.startIndex)
        }
        return false
    }
}

/// A pattern of `--units`, for a unit's name with or without its suffix, its kind, or its cgroup's path.
///
///     nginx   *.service   name=db-*   kind=scope   /system.slice/docker.service/*   cgroup=/lxc*
struct UnitPattern: Sendable, Equatable {
    private enum Subject: Equatable {
        case name(Glob)
        case kind(UnitPath.Kind)
        case cgroup(Glob)
    }

    private let subject: Subject
    /// Whether it asks for units in which others are: by a full name or path, or for slices.
    let isPlain: Bool

    /// - Returns: `nil` for an empty pattern and for a kind that isn't one.
    init?(_ text: some StringProtocol) {
        let (key, value) = Self.parts(text)
        guard !value.isEmpty else { return nil }
        let hasWildcards = value.contains { $0 == "*" || $0 == "?" }
        switch key {
        case "kind":
            guard let kind = UnitPath.Kind(rawValue: String(value)) else { return nil }
            subject = .kind(kind)
            isPlain = kind == .slice
        case "cgroup":
            subject = .cgroup(Glob(value))
            isPlain = !hasWildcards
        default:
            subject = .name(Glob(value))
            isPlain = !hasWildcards || value.hasSuffix(".slice")
        }
    }

    /// A name or a path may have `=` in it, so only these three words before one have a meaning.
    private static func parts<Text: StringProtocol>(_ text: Text) -> (key: String, value: Text.SubSequence) {
        for key in ["kind", "cgroup", "name"] where text.hasPrefix(key + "=") { return (key, text.dropFirst(key.count + 1)) }
        return (text.hasPrefix("/") ? "cgroup" : "name", text[...])
    }

    func matches(_ unit: UnitPath) -> Bool {
        switch subject {
        case .name(let name): name.matches(unit.name) || name.matches(unit.bareName)
        case .kind(let kind): unit.kind == kind
        case .cgroup(let path): path.matches(unit.path)
        }
    }
}

extension UnitPath {
    /// Its name as people say it.
    fileprivate var bareName: String {
        switch kind {
        case .service, .scope, .slice, .vm: name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
        case .lxc, .command, .other: name
        }
    }
}
