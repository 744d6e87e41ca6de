/// Which containers belong to a group: those for which all of these conditions hold.
package struct GovernorMatch: Sendable, Equatable {
    /// A name or label of a container, by which it can be matched.
    package enum Attribute: String, Sendable, CaseIterable {
        case name, image, label
        case composeProject = "compose_project"
        case composeService = "compose_service"
        case swarmService = "swarm_service"
    }

    /// One attribute and its patterns, of which one has to match.
    package struct Trait: Sendable, Equatable {
        package var attribute: Attribute
        package var patterns: [Pattern]
    }

    /// A shell pattern. For a label: its key, and after `=` a pattern for its value.
    package struct Pattern: Sendable, Equatable {
        package let text: String
        private let glob: Glob
        private let value: Glob?

        package init(_ text: String, of attribute: Attribute) {
            self.text = text
            let parts = attribute == .label ? text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false) : [Substring(text)]
            glob = Glob(parts[0])
            value = parts.count > 1 ? Glob(parts[1]) : nil
        }

        func matches(_ text: String) -> Bool { glob.matches(text) }
        func matches(key: String, value text: String) -> Bool { glob.matches(key) && value?.matches(text) ?? true }
    }

    /// A limit that a container's use is compared with.
    package struct Threshold: Sendable, Equatable {
        package enum Unit: Sendable, Equatable {
            case percentOfCore
            case bytes
            /// Percent of the host's memory.
            case percentOfHost
        }

        package var metric: GovernorMetric
        package var isAbove: Bool
        package var limit: Double
        package var unit: Unit
    }

    /// The `count` containers that use most (or least), among those that match everything else and that no earlier group has taken.
    package struct Rank: Sendable, Equatable {
        package var isTop: Bool
        package var count: Int
        package var metric: GovernorMetric
    }

    package var traits: [Trait] = []
    package var thresholds: [Threshold] = []
    package var rank: Rank?

    /// Whether this matches every container: only names decide, and every name matches.
    package var isEverything: Bool {
        thresholds.isEmpty && rank == nil
            && traits.allSatisfy { $0.attribute != .label && $0.patterns.contains { $0.text.allSatisfy { $0 == "*" } } }
    }

    /// Whether the traits match. An unknown attribute matches no pattern, not even `*`.
    func fits(_ facts: GovernorFacts) -> Bool {
        traits.allSatisfy { trait in
            if trait.attribute == .label {
                return trait.patterns.contains { pattern in facts.labels.contains { pattern.matches(key: $0.key, value: $0.value) } }
            }
            guard let text = facts.text(of: trait.attribute) else { return false }
            return trait.patterns.contains { $0.matches(text) }
        }
    }

    /// Whether the thresholds hold. A value that wasn't measured fulfils none.
    func holds(_ values: GovernorValues, hostMemory: Double?) -> Bool {
        thresholds.allSatisfy { threshold in
            guard let value = values[threshold.metric] else { return false }
            var limit = threshold.limit
            if threshold.unit == .percentOfHost {
                guard let hostMemory else { return false }
                limit *= hostMemory / 100
            }
            return threshold.isAbove ? value > limit : value < limit
        }
    }
}

/// What is known of a container apart from its use of resources.
package struct GovernorFacts: Sendable, Equatable {
    /// `nil` without an engine.
    package var name: String?
    package var image: String?
    /// With the labels that Compose, Swarm and Kubernetes write.
    package var labels: [String: String]

    package init(name: String?, image: String?, labels: [String: String]) {
        self.name = name.flatMap { $0.isEmpty ? nil : $0 }
        self.image = image.flatMap { $0.isEmpty ? nil : $0 }
        self.labels = labels
    }

    func text(of attribute: GovernorMatch.Attribute) -> String? {
        switch attribute {
        case .name: name
        case .image: image
        case .label: nil
        case .composeProject: labels[DeploymentNames.composeProjectLabel]
        case .composeService: labels[DeploymentNames.composeServiceLabel]
        case .swarmService: labels[DeploymentNames.swarmServiceLabel]
        }
    }

    /// Whether Swarm or Kubernetes made it; they would replace it by another.
    package var isOrchestrated: Bool {
        labels.keys.contains { $0.hasPrefix("com.docker.swarm.") || $0.hasPrefix("io.kubernetes.") }
    }
}
