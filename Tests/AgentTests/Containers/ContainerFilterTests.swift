import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Which containers are recorded") struct ContainerFilterTests {
    private let web = ContainerTree.web
    private let database = ContainerTree.database

    @Test(
        "A star is any characters, a question mark is one, and the whole text has to match",
        arguments: [
            ("web", "web", true), ("web", "web-1", false), ("web-*", "web-1", true), ("web-*", "web-", true), ("web-*", "my-web-1", false),
            ("*", "", true), ("", "", true), ("?", "", false), ("?", "é", true), ("w?b", "wb", false), ("*a*b*c", "xaxbxbxc", true),
            ("*a*b*c", "xaxbxbxcx", false), ("*.*", "a", false), ("[ab]", "a", false), ("[ab]", "[ab]", true), ("**", "anything", true),
        ])
    func glob(pattern: String, text: String, fits: Bool) {
        #expect(Glob(pattern).matches(text) == fits)
    }

    /// Trying all ways to match would take longer than the time limit.
    @Test("A pattern that might match in very many ways is decided at once", .timeLimit(.minutes(10)))
    func manyWays() {
        #expect(!Glob(String(repeating: "a*", count: 60) + "b").matches(String(repeating: "a", count: 4096)))
    }

    @Test(
        "A pattern is about the name, the image, a label, or the names in Kubernetes",
        arguments: [
            ("shop-web-1", true), ("name=shop-*", true), ("name=web", false), ("image=postgres:*", true), ("image=postgres", false),
            ("label=tier", true), ("label=tier=db", true), ("label=tier=d?", true), ("label=tier=web", false), ("label=rank", false),
            ("label=com.docker.compose.*=shop", true), ("label=empty=", true), ("label=empty", true), ("label=tier=", false),
            ("label=query=a=b", true), ("namespace=prod", true), ("namespace=pro", false), ("pod=db-*", true), ("pod=web-*", false),
            ("container=db", true), ("container=shop-web-1", false),
        ])
    func subjects(pattern: String, fits: Bool) throws {
        var container = ContainerTree.info(web, name: "shop-web-1", pid: 1)
        container.image = "postgres:16@sha256:0123"
        container.labels = ["tier": "db", "com.docker.compose.project": "shop", "empty": "", "query": "a=b"]
        container.labels.merge([
            "io.kubernetes.pod.namespace": "prod", "io.kubernetes.pod.name": "db-0", "io.kubernetes.container.name": "db",
        ]) { $1 }
        #expect(try #require(ContainerPattern(pattern)).matches(container) == fits)
    }

    @Test(
        "What can't be meant is refused",
        arguments: [
            "", "name=", "image=", "label=", "label==db", "tier=db", "names=web", "name=web=1", "=web", "pod=", "namespace=a=b",
            "container=",
        ])
    func refused(pattern: String) {
        #expect(ContainerPattern(pattern) == nil)
    }

    @Test("One include is enough, and an exclude beats it")
    func includeAndExclude() throws {
        let filter = try filter(include: ["web*", "label=keep"], exclude: ["*-test"])
        func records(_ name: String, _ labels: [String: String] = [:]) -> Bool {
            var container = ContainerTree.info(web, name: name, pid: 1)
            container.labels = labels
            return filter.records(container)
        }
        #expect(records("web") && records("other", ["keep": ""]))
        #expect(!records("other") && !records("web-test") && !records("other-test", ["keep": ""]))
    }

    @Test("What nobody has told matches no pattern, so that it is neither included nor excluded by it")
    func unknownContainer() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        func recorded(_ filter: ContainerFilter) throws -> Int {
            var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: ContainerIndex(filter: filter), board: nil)
            return try source.cells().container.count
        }
        #expect(try recorded(filter(include: ["*"])) == 0)
        #expect(try recorded(filter(exclude: ["*", "image=*", "label=*"])) == 2)
    }

    @Test("A container that is left out has no rows and nobody reads it")
    func leftOut() async throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let index = try index(exclude: ["db"])
        let board = StatsBoard()
        var source = ContainerSource(roots: tree.roots, mode: .docker, index: index, board: board)
        index.publish([ContainerTree.info(web, name: "web", pid: 4101), ContainerTree.info(database, name: "db", pid: 4201)])
        let cells = try source.cells()
        #expect(cells.container.map { $0["container"] } == ["web"])
        #expect(Set(cells.process.map { $0["container"] }) == ["web"])
        #expect(board.takeDue() == [web])
        // Command lines are read aside, and events wait for them.
        var told = Set(cells.event.map { $0["container"] })
        try await eventually("events") {
            told.formUnion(try source.cells().event.map { $0["container"] })
            return !told.isEmpty
        }
        #expect(told == ["web"])
    }

    @Test("It stays left out when the engine that told its name is gone")
    func staysLeftOut() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let index = try index(exclude: ["db"])
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: index, board: nil)
        index.publish([ContainerTree.info(web, name: "web", pid: 4101), ContainerTree.info(database, name: "db", pid: 4201)])
        index.setEngineAvailable(false, reason: "stopped")
        #expect(try source.cells().container.map { $0["container"] } == ["web"])
    }

    @Test("One that turns out to be left out leaves no last row")
    func leftOutLater() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let index = try index(exclude: ["label=tier"])
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: index, board: nil)
        var container = ContainerTree.info(web, name: "web", pid: 4101)
        index.upsert(container)
        source.wake()
        container.labels = ["tier": "db"]
        index.upsert(container)
        #expect(try source.cells().container(web) == nil)
    }

    @Test("One that is renamed comes and goes with its name")
    func renamed() throws {
        let tree = try ContainerTree("cgroup-v1-cgroupfs")
        let index = try index(include: ["web"])
        var source = ContainerSource(roots: tree.roots, mode: .cgroup, index: index, board: nil)
        var counts: [Int] = []
        for name in ["other", "web", "other"] {
            index.upsert(ContainerTree.info(web, name: name, pid: 4101))
            counts.append(try source.cells().container.count)
        }
        #expect(counts == [0, 1, 0])
    }

    private func filter(include: [String] = [], exclude: [String] = []) throws -> ContainerFilter {
        ContainerFilter(
            include: try include.map { try #require(ContainerPattern($0)) }, exclude: try exclude.map { try #require(ContainerPattern($0)) }
        )
    }

    private func index(include: [String] = [], exclude: [String] = []) throws -> ContainerIndex {
        let index = ContainerIndex(filter: try filter(include: include, exclude: exclude))
        index.setEngineAvailable(true)
        return index
    }
}
