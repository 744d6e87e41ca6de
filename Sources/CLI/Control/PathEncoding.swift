import StatsCore

/// Names in the path of a URL (RFC 3986, section 3.3).
enum PathEncoding {
    static func component(_ name: some StringProtocol) -> String { PercentCoding.encode(name) }

    /// A run's name, encoded component by component: its slashes remain.
    static func run(_ name: String) -> String {
        name.split(separator: "/", omittingEmptySubsequences: false).map { component($0) }.joined(separator: "/")
    }

    /// The query of a URL with its `?`; empty when there is no value.
    static func query(_ items: [(name: String, value: String?)]) -> String {
        let given = items.compactMap { item in item.value.map { "\(item.name)=\(component($0))" } }
        return given.isEmpty ? "" : "?" + given.joined(separator: "&")
    }
}
