import StatsCore

/// A pattern of `--include` and `--exclude`, for a container's name, image or labels, or for the names that it has in Kubernetes.
///
///     web-*   name=web-*   image=postgres:*   label=tier   label=tier=db   namespace=shop   pod=web-*   container=app
struct ContainerPattern: Sendable, Equatable {
    private enum Subject: Equatable {
        case name(Glob)
        case image(Glob)
        case label(key: Glob, value: Glob?)
        /// The value of this very label.
        case named(label: String, Glob)
    }

    private let subject: Subject

    /// - Returns: `nil` for an empty pattern and for a kind that isn't one of these.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "=", maxSplits: 2, omittingEmptySubsequences: false)
        switch (parts[0], parts.count) {
        case ("label", 2...) where !parts[1].isEmpty:
            subject = .label(key: Glob(parts[1]), value: parts.count == 3 ? Glob(parts[2]) : nil)
        // Neither a name nor an image can contain `=`, so a second one is a mistake.
        case ("name", 2) where !parts[1].isEmpty: subject = .name(Glob(parts[1]))
        case ("image", 2) where !parts[1].isEmpty: subject = .image(Glob(parts[1]))
        case (let kind, 2) where Self.names[String(kind)] != nil && !parts[1].isEmpty:
            subject = .named(label: Self.names[String(kind)] ?? "", Glob(parts[1]))
        case (_, 1) where !text.isEmpty: subject = .name(Glob(text))
        default: return nil
        }
    }

    private static let names = [
        "namespace": DeploymentNames.namespaceLabel, "pod": DeploymentNames.podLabel, "container": DeploymentNames.podContainerLabel,
    ]

    /// An unknown attribute matches no pattern, not even `*`.
    func matches(_ container: ContainerInfo) -> Bool {
        switch subject {
        case .name(let name): !container.name.isEmpty && name.matches(container.name)
        case .image(let image): !container.image.isEmpty && image.matches(container.image)
        case .named(let label, let name): container.labels[label].map(name.matches) ?? false
        case .label(let key, let value): container.labels.contains { key.matches($0.key) && value?.matches($0.value) ?? true }
        }
    }
}
