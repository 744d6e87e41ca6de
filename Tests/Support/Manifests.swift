import Foundation

/// The parts of deploy/'s Kubernetes manifests that the tests check.
struct Manifests {
    let collector: Pod
    let agent: Pod
    /// The files of the ConfigMaps.
    let files: [String: String]

    /// - Parameter list: a JSON list of all objects.
    init(_ list: String) throws {
        let objects = try JSONDecoder().decode([Object].self, from: Data(list.utf8))
        func first(_ kind: String) throws -> Object {
            guard let object = objects.first(where: { $0.kind == kind }) else { throw Child.Failure(description: "no \(kind) in \(list)") }
            return object
        }
        guard let collector = try first("StatefulSet").spec?.template?.spec, let agent = try first("DaemonSet").spec?.template?.spec else {
            throw Child.Failure(description: "no pods in \(list)")
        }
        (self.collector, self.agent) = (collector, agent)
        files = objects.compactMap(\.data).reduce(into: [:]) { $0.merge($1) { first, _ in first } }
    }

    private struct Object: Decodable {
        struct Spec: Decodable {
            struct Template: Decodable { let spec: Pod? }
            let template: Template?
        }
        let kind: String
        let spec: Spec?
        let data: [String: String]?

        private enum CodingKeys: CodingKey { case kind, spec, data }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            kind = try values.decode(String.self, forKey: .kind)
            // Objects of other kinds have other specs.
            spec = ["StatefulSet", "DaemonSet"].contains(kind) ? try values.decode(Spec.self, forKey: .spec) : nil
            data = kind == "ConfigMap" ? try values.decode([String: String].self, forKey: .data) : nil
        }
    }
}

/// A pod of one container.
struct Pod: Decodable {
    struct Security: Decodable {
        struct Capabilities: Decodable {
            let drop: [String]?
            let add: [String]?
        }
        let runAsUser: Int?
        let allowPrivilegeEscalation: Bool?
        let readOnlyRootFilesystem: Bool?
        let capabilities: Capabilities?
    }
    struct Container: Decodable {
        struct Variable: Decodable {
            let name: String
            /// `nil` when the value comes from a field of the pod.
            let value: String?
        }
        struct Mount: Decodable {
            let name: String
            let mountPath: String
            let readOnly: Bool?
        }
        struct Probe: Decodable {
            struct Exec: Decodable { let command: [String] }
            let exec: Exec
        }
        let image: String
        let args: [String]
        let env: [Variable]
        let volumeMounts: [Mount]
        let securityContext: Security
        let livenessProbe: Probe
    }
    struct Volume: Decodable {
        struct HostPath: Decodable { let path: String }
        struct ConfigMap: Decodable { let name: String }
        struct Secret: Decodable { let secretName: String }
        let name: String
        let hostPath: HostPath?
        let configMap: ConfigMap?
        let secret: Secret?
    }
    let hostPID: Bool?
    let securityContext: Security
    let containers: [Container]
    let volumes: [Volume]

    /// The arguments for Docker to run the pod's container as Kubernetes would; the image and its arguments come last.
    ///
    /// - Parameters:
    ///   - config, secret: directories with the content of those volumes.
    ///   - node: the value of the pod's node fields.
    ///   - state: replaces a directory of the host that the pod may write.
    ///   - folders: what replaces further ones of the host.
    func dockerArguments(config: String, secret: String, node: String, state: String, folders: [String: String]) -> [String] {
        let container = containers[0]
        let security = container.securityContext
        var words: [String] = []
        if hostPID == true { words += ["--pid", "host"] }
        if let user = security.runAsUser ?? securityContext.runAsUser { words += ["--user", "\(user):\(user)"] }
        if security.readOnlyRootFilesystem == true { words.append("--read-only") }
        if security.allowPrivilegeEscalation == false { words += ["--security-opt", "no-new-privileges"] }
        for name in security.capabilities?.drop ?? [] { words += ["--cap-drop", name] }
        for name in security.capabilities?.add ?? [] { words += ["--cap-add", name] }
        for variable in container.env { words += ["--env", "\(variable.name)=\(variable.value ?? node)"] }
        for mount in container.volumeMounts {
            let volume = volumes.first { $0.name == mount.name }
            let isReadOnly = mount.readOnly == true
            let source =
                if volume?.configMap != nil { config } else if volume?.secret != nil {
                    secret
                } else if let host = volume?.hostPath, isReadOnly {
                    folders[host.path] ?? host.path
                } else { state }
            words += ["--volume", "\(source):\(mount.mountPath)\(isReadOnly ? ":ro" : "")"]
        }
        let image = container.image.split(separator: ":")[0]
        return words + [String(image)] + container.args
    }
}
