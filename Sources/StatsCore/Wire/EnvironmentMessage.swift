/// Agent → collector, behind `welcome`, before `ready`, and when something has changed: what its host is. Older collectors ignore it.
///
/// Members that are absent are as they were in the message before.
package struct EnvironmentMessage: Encodable, Sendable, Equatable {
    package static let type = "environment"
    /// The largest, in bytes of JSON: 500 containers with long names.
    package static let limit = 256 * 1024

    package var host: HostEnvironment?
    package var activity: HostActivity?
    /// All that run.
    package var containers: [ContainerSettings]?
    /// How many more run, which have no room.
    package var containersLeftOut: Int?

    package enum CodingKeys: String, CodingKey {
        case host, activity, containers, type
        case containersLeftOut = "containers_left_out"
    }

    package init(
        host: HostEnvironment? = nil, activity: HostActivity? = nil, containers: [ContainerSettings]? = nil, containersLeftOut: Int? = nil
    ) {
        self.host = host
        self.activity = activity
        self.containers = containers
        self.containersLeftOut = containersLeftOut
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(Self.type, forKey: .type)
        try members.encodeIfPresent(host, forKey: .host)
        try members.encodeIfPresent(activity, forKey: .activity)
        try members.encodeIfPresent(containers, forKey: .containers)
        try members.encodeIfPresent(containersLeftOut, forKey: .containersLeftOut)
    }

    /// The JSON of one frame, without the length.
    package func encoded() throws -> [UInt8] { try JSONCoding.encode(self) }

    /// Reads a frame of this type. What can't be kept of it is left out; ten thousand agents send it at once, so Codable is too slow for it.
    package init(decoding bytes: RawSpan) throws(FrameError) {
        guard bytes.byteCount <= Self.limit else { throw .tooLarge(bytes.byteCount, limit: Self.limit) }
        let json: JSONObject
        do throws(JSONFault) { json = try JSONValue.object(bytes) } catch { throw .json(error) }
        host = json["host"]?.members.map { HostEnvironment($0) }
        activity = json["activity"].flatMap(HostActivity.init)
        let told = json["containers"]?.elements
        containers = told?.prefix(ContainerSettings.mostOfNode).compactMap { ContainerSettings($0) }
        let leftOut = max(json["containers_left_out"]?.integer ?? 0, 0).saturatingAdding(
            Int64((told?.count ?? 0) - (containers?.count ?? 0)))
        containersLeftOut = leftOut > 0 ? Int(leftOut) : nil
    }
}

extension HostActivity {
    fileprivate init?(_ json: JSONValue) {
        guard case .object = json else { return nil }
        func number(_ name: CodingKeys) -> Double? { json[name.rawValue]?.number.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil } }
        self.init(
            load1: number(.load1), cpuPercent: number(.cpuPercent), stealPercent: number(.stealPercent),
            swapUsedBytes: json[CodingKeys.swapUsedBytes.rawValue]?.integer.flatMap { UInt64(exactly: $0) })
    }
}
