/// What the host source reads beyond the usual.
struct HostOptions: Sendable, Equatable {
    /// Partitions, loop and ram devices too.
    var allDevices = false
    /// The host's ends of the containers' veth pairs too.
    var allInterfaces = false

    init(allDevices: Bool = false, allInterfaces: Bool = false) {
        self.allDevices = allDevices
        self.allInterfaces = allInterfaces
    }
}
