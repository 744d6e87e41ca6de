/// What a container was started with, as far as it bears on measurements: its image, its limits, and when it is started again. Its environment variables, its command and its arguments,
/// which may hold secrets, are never read.
package struct ContainerSettings: Codable, Sendable, Equatable {
    package var id: String
    package var name: String
    /// As it was asked for: `nginx:1.27`.
    package var image: String
    /// The image's own digest, `sha256:…`: two images with the same one are the same.
    package var imageID: String?
    /// By which a registry has it, `nginx@sha256:…`; absent for an image that was built here.
    package var imageDigest: String?
    /// In cores; absent without a limit, as are the others.
    package var cpuLimit: Double?
    package var cpuset: String?
    package var memoryLimitBytes: UInt64?
    package var memorySwapLimitBytes: UInt64?
    package var pidsLimit: UInt64?
    /// `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:5`.
    package var restartPolicy: String?
    package var networkMode: String?
    /// Such as `runc`.
    package var runtime: String?

    package enum CodingKeys: String, CodingKey {
        case id, name, image, cpuset, runtime
        case imageID = "image_id"
        case imageDigest = "image_digest"
        case cpuLimit = "cpu_limit"
        case memoryLimitBytes = "memory_limit_bytes"
        case memorySwapLimitBytes = "memory_swap_limit_bytes"
        case pidsLimit = "pids_limit"
        case restartPolicy = "restart_policy"
        case networkMode = "network_mode"
    }

    package init(id: String, name: String, image: String) {
        self.id = id
        self.name = name
        self.image = image
    }

    /// The most of one node, and of one run.
    package static let mostOfNode = 500
    package static let mostOfRun = 10_000

    /// With texts that can be kept.
    package var bounded: ContainerSettings {
        func cut(_ text: String?) -> String? { text.map { PlainText.cut($0, to: 256) } }
        var bounded = self
        bounded.id = PlainText.cut(id, to: 256)
        bounded.name = PlainText.cut(name, to: 256)
        bounded.image = PlainText.cut(image, to: 512)
        bounded.imageID = cut(imageID)
        bounded.imageDigest = imageDigest.map { PlainText.cut($0, to: 512) }
        bounded.cpuset = cut(cpuset)
        bounded.restartPolicy = cut(restartPolicy)
        bounded.networkMode = cut(networkMode)
        bounded.runtime = cut(runtime)
        bounded.cpuLimit = cpuLimit.flatMap { $0.isFinite ? $0 : nil }
        return bounded
    }

    /// What a comparison of two runs looks at, by title, as a person reads it: the id is another one at each start.
    package var compared: [(title: String, value: String?)] {
        [
            ("image", image), ("image id", imageID), ("CPU limit", cpuLimit.map { HumanUnits.fixed($0, digits: 2) }), ("cpuset", cpuset),
            ("memory limit", memoryLimitBytes.map(ByteSize.text)), ("swap limit", memorySwapLimitBytes.map(ByteSize.text)),
            ("pids limit", pidsLimit.map { String($0) }), ("restart policy", restartPolicy), ("runtime", runtime),
        ]
    }
}

extension ContainerSettings {
    /// From a message; `nil` where it has no id.
    package init?(_ json: JSONValue) {
        guard let id = json["id"]?.string, !id.isEmpty else { return nil }
        func text(_ name: CodingKeys) -> String? { json[name.rawValue]?.string }
        func number(_ name: CodingKeys) -> UInt64? { json[name.rawValue]?.integer.flatMap { UInt64(exactly: $0) } }
        self.init(id: id, name: text(.name) ?? "", image: text(.image) ?? "")
        (imageID, imageDigest, cpuset) = (text(.imageID), text(.imageDigest), text(.cpuset))
        (cpuLimit, memoryLimitBytes, memorySwapLimitBytes) = (
            json["cpu_limit"]?.number, number(.memoryLimitBytes), number(.memorySwapLimitBytes)
        )
        (pidsLimit, restartPolicy, networkMode, runtime) = (number(.pidsLimit), text(.restartPolicy), text(.networkMode), text(.runtime))
        self = bounded
    }
}
