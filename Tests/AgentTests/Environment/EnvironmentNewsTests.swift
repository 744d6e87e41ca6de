import StatsCore
import Testing

@testable import Agent

@Suite("What a collector is told of a host") struct EnvironmentNewsTests {
    private let container = ContainerSettings(id: "aa", name: "web", image: "nginx")
    private let quiet = HostActivity(load1: 0.1)

    @Test("At first all of it, later only what has changed, and before a run always how busy the host is")
    func news() {
        var news = EnvironmentNews()
        var host = HostEnvironment(["kernel": .string("6.1")])
        let first = NodeEnvironment(host: host, activity: quiet, containers: [container])
        #expect(news.message(first, isAsked: false) == EnvironmentMessage(host: host, activity: quiet, containers: [container]))
        #expect(news.message(NodeEnvironment(host: host, activity: HostActivity(load1: 9), containers: [container]), isAsked: false) == nil)
        #expect(news.message(first, isAsked: true) == EnvironmentMessage(activity: quiet))
        host[.governor] = .string("powersave")
        let changed = NodeEnvironment(host: host, activity: quiet, containers: [container])
        #expect(news.message(changed, isAsked: false) == EnvironmentMessage(host: host, activity: quiet))
        let ended = NodeEnvironment(host: host, activity: quiet)
        #expect(news.message(ended, isAsked: true) == EnvironmentMessage(activity: quiet, containers: []))
        #expect(news.message(ended, isAsked: false) == nil)
    }

    @Test("Of a host whose files tell nothing, and without an engine, there is nothing but that")
    func nothing() async {
        let reader = EnvironmentReader(roots: KernelRoots(proc: "/no/proc", sys: "/no/sys"), engine: nil)
        let read = await reader.read(isAsked: true)
        #expect(read.activity == nil && read.containers.isEmpty && read.host[.cpuModel] == nil && read.host[.engine] == nil)
    }
}
