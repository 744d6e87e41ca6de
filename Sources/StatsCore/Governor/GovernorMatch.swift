/// Which containers belong to a group: those for which everything holds that is said here.
package struct GovernorMatch: Sendable, Equatable {
    /// Something that a container is called or carries.
    package enum Attribute: String, Sendable, CaseIterable {
        case name, image, label
        case composeProject = "compose_project"
        case composeService = "compose_service"
        case swarmService = "swarm_service"
    }

    /// One attribute, and the patterns of which one has to fit.
    package struct Trait: Sendable, Equatable {
        package var attribute: Attribute
        package var patterns: [Pattern]
    }

    /// A pattern of a shell; of a label its key, and after `=` a pattern for its value.
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

    /// What a container uses, held against a limit.
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

    /// The first so many by what they use, of those that everything else fits and no group before has taken.
    package struct Rank: Sendable, Equatable {
        package var isTop: Bool
        package var count: Int
        package var metric: GovernorMetric
    }

    package var traits: [Trait] = []
    package var thresholds: [Threshold] = []
    package var rank: Rank?

    /// Whether nothing but what a container is called decides, and every name fits.
    package var isEverything: Bool {
        thresholds.isEmpty && rank == nil
            && traits.allSatisfy { $0.attribute != .label && $0.patterns.contains { $0.text.allSatisfy { $0 == "*" } } }
    }

    /// Whether the traits fit. What isn't known matches nothing, `*` included.
    func fits(_ facts: GovernorFacts) -> Bool {
        traits.allSatisfy { trait in
            if trait.attribute == .label {
                return trait.patterns.contains { pattern in facts.labels.contains { pattern.matches(key: $0.key, value: $0.value) } }
            }
            guard let text = facts.text(of: trait.attribute) else { return false }
            return trait.patterns.contains { $0.matches(text) }
        }
    }

    /// Whether the thresholds hold. What wasn't measured holds for none.
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

/// What is known of a container apart from what it uses.
package struct GovernorFacts: Sendable, Equatable {
    /// `nil` when no engine tells it.
    package var name: String?
    package var image: String?
    /// Those that Compose, Swarm and Kubernetes write are among them.
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

    /// Whether a Swarm or Kubernetes made it, and would make another in its place.
    package var isOrchestrated: Bool {
        labels.keys.contains { $0.hasPrefix("com.docker.swarm.") || $0.hasPrefix("io.kubernetes.") }
    }
}
