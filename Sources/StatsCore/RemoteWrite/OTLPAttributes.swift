/// A row's labels as OTLP has them, encoded: the attributes of its points, and who is monitored by OpenTelemetry's conventions ("Resource semantic
/// conventions": host, container, k8s, service).
///
/// Every label stands at the points, too: what of a resource becomes a label is each receiver's own choice, and series must not become one.
struct OTLPAttributes {
    /// The field `attributes` of a `Resource`.
    let resource: [UInt8]
    /// The field `attributes` of a `NumberDataPoint`.
    let point: [UInt8]

    /// What labels of a container, or of a process in one, are called there.
    private static let ofContainer = [
        "id": "container.id", "name": "container.name", "namespace": "k8s.namespace.name", "pod": "k8s.pod.name",
        "container": "k8s.container.name", "container_label_io_kubernetes_pod_uid": "k8s.pod.uid",
        "container_label_com_docker_compose_service": "service.name", "container_label_com_docker_swarm_service_name": "service.name",
    ]

    init(_ labels: [(name: String, value: String)]) {
        func value(_ name: String) -> String? { labels.first { $0.name == name }?.value }
        var facts: [String: [UInt8]] = [:]
        if let host = value("node") ?? value("instance") { facts["host.name"] = Self.text(host) }
        // What nobody's node has is the sender's own.
        if value("node") == nil { facts["service.name"] = Self.text("sonde") }
        if value("id") != nil {
            for (name, value) in labels { if let fact = Self.ofContainer[name], facts[fact] == nil { facts[fact] = Self.text(value) } }
            if let image = value("image") {
                let (name, tag) = Self.parts(ofImage: image)
                facts["container.image.name"] = Self.text(name)
                if let tag { facts["container.image.tags"] = Self.list(tag) }
            }
        }
        resource = facts.sorted { $0.key < $1.key }.flatMap { Self.attribute(0x0a, $0.key, $0.value) }
        point = labels.flatMap { Self.attribute($0.name, $0.value) }
    }

    /// An attribute of a point.
    static func attribute(_ name: String, _ value: String) -> [UInt8] { attribute(0x3a, name, text(value)) }

    /// A `KeyValue` in a field.
    private static func attribute(_ tag: UInt8, _ name: String, _ value: [UInt8]) -> [UInt8] {
        field(tag, field(0x0a, Array(name.utf8)) + field(0x12, value))
    }

    /// An `AnyValue` of a text, and one of an array of one text.
    private static func text(_ text: String) -> [UInt8] { field(0x0a, Array(text.utf8)) }
    private static func list(_ only: String) -> [UInt8] { field(0x2a, field(0x0a, text(only))) }

    /// A field with a length.
    static func field(_ tag: UInt8, _ body: [UInt8]) -> [UInt8] { [tag] + LEB128.bytes(body.count) + body }

    /// `registry:5000/a/b:1.2@sha256:…` is the image `registry:5000/a/b` with the tag `1.2`.
    private static func parts(ofImage image: String) -> (name: String, tag: String?) {
        let name = image.prefix { $0 != "@" }
        let last = name.lastIndex(of: "/") ?? name.startIndex
        guard let colon = name[last...].lastIndex(of: ":") else { return (String(name), nil) }
        return (String(name[..<colon]), String(name[colon...].dropFirst()))
    }
}
