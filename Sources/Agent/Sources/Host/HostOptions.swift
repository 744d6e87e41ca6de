/// Optional rows of the host source.
struct HostOptions: Sendable, Equatable {
    /// Include partitions, loop and ram devices.
    var allDevices = false
    /// Include the host's ends of the containers' veth pairs.
    var allInterfaces = false

    init(allDevices: Bool = false, allInterfaces: Bool = false) {
        self.allDevices = allDevices
        self.allInterfaces = allInterfaces
    }
}
