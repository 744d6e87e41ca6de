/// What an agent has told of its host: what it is, how busy it was, and which containers run there.
package struct NodeEnvironment: Sendable, Equatable {
    package var host: HostEnvironment
    package var activity: HostActivity?
    package var containers: [ContainerSettings]
    package var containersLeftOut: Int

    package init(
        host: HostEnvironment = HostEnvironment(), activity: HostActivity? = nil, containers: [ContainerSettings] = [],
        containersLeftOut: Int = 0
    ) {
        self.host = host
        self.activity = activity
        self.containers = containers
        self.containersLeftOut = containersLeftOut
    }

    package var findings: [EnvironmentFinding] { EnvironmentFinding.of(host, activity) }
}
