import FoundationEssentials
import StatsCore
import Testing

@testable import Agent

@Suite("What a container was started with") struct ContainerSettingsTests {
    private func inspected(_ hostConfig: String) throws -> InspectedContainer {
        let json = """
            {"Id":"aa","Name":"/web","Image":"sha256:11","State":{"Status":"running","Pid":7},
            "Config":{"Image":"nginx:1.27","Env":["PASSWORD=hunter2"],"Cmd":["--token","t0p"],"Labels":{}},"HostConfig":\(hostConfig)}
            """
        return try JSONDecoder().decode(InspectedContainer.self, from: Data(json.utf8))
    }

    @Test("Image, limits and restart policy are those of the engine's answer, and nothing of its environment or its command")
    func read() throws {
        let limits = """
            {"NetworkMode":"bridge","Memory":1048576,"MemorySwap":3145728,"NanoCpus":1500000000,"PidsLimit":100,"CpusetCpus":"0-1",
            "RestartPolicy":{"Name":"on-failure","MaximumRetryCount":5},"Runtime":"runc"}
            """
        let settings = try #require(ContainerInfo(try inspected(limits)).settings)
        var expected = ContainerSettings(id: "aa", name: "web", image: "nginx:1.27")
        (expected.imageID, expected.cpuLimit, expected.cpuset) = ("sha256:11", 1.5, "0-1")
        (expected.memoryLimitBytes, expected.memorySwapLimitBytes, expected.pidsLimit) = (1 << 20, 2 << 20, 100)
        (expected.restartPolicy, expected.networkMode, expected.runtime) = ("on-failure:5", "bridge", "runc")
        #expect(settings == expected)
        let json = String(decoding: try JSONCoding.encode(settings), as: UTF8.self)
        #expect(!json.contains("hunter2") && !json.contains("t0p"))
    }

    @Test("A limit that isn't set is absent, and an old engine's empty policy is none")
    func absent() throws {
        let limits =
            #"{"Memory":0,"MemorySwap":-1,"NanoCpus":0,"PidsLimit":-1,"CpusetCpus":"","RestartPolicy":{"Name":"","MaximumRetryCount":0}}"#
        let settings = try #require(ContainerInfo(try inspected(limits)).settings)
        var expected = ContainerSettings(id: "aa", name: "web", image: "nginx:1.27")
        (expected.imageID, expected.restartPolicy) = ("sha256:11", "no")
        #expect(settings == expected)
    }

    @Test("A container that starts while the agent runs says in an event what it was started with; those that ran before don't")
    func events() throws {
        let index = ContainerIndex()
        var news = EngineNews(index: index)
        func answer() throws {
            while let request = news.takeRequest() {
                switch request {
                case .list: news.take([try JSONDecoder().decode(ListedContainer.self, from: Data(#"{"Id":"old","State":"running"}"#.utf8))])
                case .inspect(let ticket): news.take(.success(try inspected(#"{"PidsLimit":9}"#)), for: ticket)
                }
            }
        }
        news.askForList()
        try answer()
        #expect(news.isReady && index.takeEvents().isEmpty)
        let start = #"{"Type":"container","Action":"start","Actor":{"ID":"new","Attributes":{"name":"web"}},"timeNano":5}"#
        news.take(try JSONDecoder().decode(EngineEvent.self, from: Data(start.utf8)))
        try answer()
        let events = index.takeEvents()
        #expect(events.map(\.kind) == ["container start", "container settings"])
        let detail = try JSONCoding.decode(ContainerSettings.self, from: Array((events.last?.detail ?? "").utf8))
        #expect(detail.imageID == "sha256:11" && detail.pidsLimit == 9 && events.last?.message == "sha256:11")
    }
}
