import FoundationEssentials
import Testing

@testable import Agent

@Suite("News of the engine") struct EngineNewsTests {
    private let index = ContainerIndex()

    private func event(_ action: String, _ id: String, at time: Int64) throws -> EngineEvent {
        let json = #"{"Type":"container","Action":"\#(action)","Actor":{"ID":"\#(id)","Attributes":{"name":"\#(id)"}},"timeNano":\#(time)}"#
        return try JSONDecoder().decode(EngineEvent.self, from: Data(json.utf8))
    }

    private func inspected(_ id: String, pid: Int = 7, startedAt: String = "2026-11-21T09:00:00Z") throws -> InspectedContainer {
        let json =
            #"{"Id":"\#(id)","Name":"/\#(id)","State":{"Status":"running","Pid":\#(pid),"ExitCode":3,"StartedAt":"\#(startedAt)"}}"#
        return try JSONDecoder().decode(InspectedContainer.self, from: Data(json.utf8))
    }

    private func listed(_ ids: [String]) throws -> [ListedContainer] {
        let json = "[" + ids.map { #"{"Id":"\#($0)","Names":["/\#($0)"],"State":"running"}"# }.joined(separator: ",") + "]"
        return try JSONDecoder().decode([ListedContainer].self, from: Data(json.utf8))
    }

    @Test("Podman's words for an end and for a health check are understood, and a check that changed nothing is no news")
    func podmanEvents() throws {
        func podman(_ action: String, _ attributes: String, at time: Int64) throws -> EngineEvent {
            let json =
                #"{"Type":"container","Action":"\#(action)","Actor":{"ID":"a","Attributes":{"name":"a"\#(attributes)}},"timeNano":\#(time)}"#
            return try JSONDecoder().decode(EngineEvent.self, from: Data(json.utf8))
        }
        func answer(_ news: inout EngineNews, health: String) throws {
            while case .inspect(let ticket)? = news.takeRequest() {
                let json =
                    #"{"Id":"a","Name":"/a","State":{"Status":"running","Pid":7,"StartedAt":"2026-11-21T09:00:00Z","Health":{"Status":"\#(health)"}}}"#
                news.take(.success(try JSONDecoder().decode(InspectedContainer.self, from: Data(json.utf8))), for: ticket)
            }
        }
        var news = EngineNews(index: index)
        try begin(&news, "a")
        _ = index.takeEvents()
        for (time, health) in [(1, "healthy"), (2, "healthy"), (3, "unhealthy")] as [(Int64, String)] {
            news.take(try podman("health_status", "", at: time))
            try answer(&news, health: health)
        }
        #expect(index.takeEvents().map { "\($0.kind) \($0.message ?? "-")" } == ["health healthy", "health unhealthy"])
        #expect(index.snapshot(newerThan: 0)?.containers.first?.health == "unhealthy")
        news.take(try podman("died", #","containerExitCode":"137""#, at: Int64.max / 2))
        #expect(index.takeEvents().map(\.exitCode) == [137] && running.isEmpty)
    }

    @Test("Of health checks of containers that nobody knows, or that are gone before they are inspected, nothing is kept")
    func checksOfUnknown() throws {
        var news = EngineNews(index: index)
        try begin(&news, "a")
        for number in 0..<1000 { news.take(try event("health_status", "gone\(number)", at: Int64(number + 1))) }
        #expect(news.checksKept == 0)
        for time in 2000..<2003 as Range<Int64> {
            news.take(try event("health_status", "a", at: time))
            #expect(news.checksKept == 1)
            guard case .inspect(let ticket)? = news.takeRequest() else { throw NoQuestion() }
            switch time {
            case 2000: news.take(.failure(EngineError(.status(404), socket: "")), for: ticket)
            case 2001: news.take(.success(try inspected("a")), for: ticket)
            default: news.take(try event("die", "a", at: Int64.max / 2))
            }
            #expect(news.checksKept == 0)
        }
    }

    private var running: [String] { index.snapshot(newerThan: 0)?.containers.map(\.id).sorted() ?? [] }

    /// Takes the connection's first list, and answers each request that follows from it.
    private func begin(_ news: inout EngineNews, _ ids: String...) throws {
        news.askForList()
        let request = news.takeRequest()
        #expect(request == .list)
        news.take(
            try JSONDecoder().decode(
                [ListedContainer].self, from: Data("[\(ids.map { #"{"Id":"\#($0)","Names":["/\#($0)"]}"# }.joined(separator: ","))]".utf8)))
        try answer(&news)
        #expect(news.isReady)
    }

    /// Asks for a list and takes it: these containers are running.
    private func list(_ news: inout EngineNews, _ ids: String...) throws {
        news.askForList()
        _ = news.takeRequest()
        news.take(try listed(ids))
    }

    /// Answers all requests: the containers are running.
    private func answer(_ news: inout EngineNews) throws {
        while case .inspect(let ticket)? = news.takeRequest() { news.take(.success(try inspected(ticket.id)), for: ticket) }
    }

    @Test("A container that starts and ends a thousand times while the engine answers nothing is one question")
    func storm() throws {
        var news = EngineNews(index: index)
        try begin(&news)
        var questions = 0
        for number in 0..<1000 {
            news.take(try event("start", "a", at: Int64(number * 2 + 1)))
            while news.takeRequest() != nil { questions += 1 }
            news.take(try event("die", "a", at: Int64(number * 2 + 2)))
        }
        #expect(questions <= 4, "no more are under way at once")
        let kinds = index.takeEvents().map(\.kind)
        #expect(kinds == (0..<1000).flatMap { _ in ["container start", "container die"] }, "and each event is told, in order")
        #expect(running.isEmpty)
    }

    @Test("A container that starts is listed at once, before it is inspected, and taken out when it is gone by then")
    func listedAtOnce() throws {
        var news = EngineNews(index: index)
        try begin(&news, "a")
        for id in ["b", "c"] { news.take(try event("start", id, at: id == "b" ? 1 : 2)) }
        #expect(running == ["a", "b", "c"])
        #expect(index.snapshot(newerThan: 0)?.containers.last?.initPID == nil)
        while case .inspect(let ticket)? = news.takeRequest() {
            let isGone = ticket.id == "c"
            news.take(isGone ? .failure(EngineError(.status(404), socket: "")) : .success(try inspected(ticket.id)), for: ticket)
        }
        #expect(running == ["a", "b"] && index.snapshot(newerThan: 0)?.containers.last?.initPID == 7)
    }

    @Test("An answer that was under way when the container ended doesn't bring it back")
    func lateAnswer() throws {
        var news = EngineNews(index: index)
        try begin(&news)
        news.take(try event("start", "a", at: 1))
        guard case .inspect(let ticket)? = news.takeRequest() else { throw NoQuestion() }
        news.take(try event("die", "a", at: 2))
        news.take(.success(try inspected("a")), for: ticket)
        #expect(running.isEmpty)
        #expect(index.takeEvents().map(\.kind) == ["container start", "container die"])
    }

    @Test("How a container's health is follows from its events, without a question")
    func health() throws {
        var news = EngineNews(index: index)
        try begin(&news, "a")
        news.take(try event("health_status: unhealthy", "a", at: 1))
        let request = news.takeRequest()
        #expect(request == nil)
        #expect(index.snapshot(newerThan: 0)?.containers.first?.health == "unhealthy")
        #expect(index.takeEvents().map(\.message) == ["unhealthy"])
    }

    @Test("A list that was asked for before a container started or ended says nothing about that one")
    func oldList() throws {
        var news = EngineNews(index: index)
        try begin(&news, "stays", "ends")
        news.askForList()
        let request = news.takeRequest()
        #expect(request == .list)
        news.take(try event("start", "begins", at: 1))
        try answer(&news)
        news.take(try event("die", "ends", at: 2_000_000_000_000_000_000))
        news.take(try listed(["stays", "ends"]))
        try answer(&news)
        #expect(running == ["begins", "stays"])
        #expect(index.takeEvents().map(\.kind) == ["container start", "container die"])
    }

    /// What an engine may answer when it is asked for a container whose end it has told of already.
    enum LateAnswer: CaseIterable { case ended, stillRunning, none }

    @Test(
        "A list that still names a container whose end was told makes neither a second start nor a second end",
        arguments: LateAnswer.allCases)
    func listBehindEvents(answer late: LateAnswer) throws {
        var news = EngineNews(index: index)
        try begin(&news, "a")
        news.take(try event("die", "a", at: 2_000_000_000_000_000_000))
        try list(&news, "a")
        while case .inspect(let ticket)? = news.takeRequest() {
            switch late {
            case .ended: news.take(.success(try inspected(ticket.id, pid: 0)), for: ticket)
            case .stillRunning: news.take(.success(try inspected(ticket.id)), for: ticket)
            case .none: news.take(.failure(EngineError(.timeout, socket: "")), for: ticket)
            }
            #expect(running.isEmpty)
        }
        try list(&news)
        try answer(&news)
        #expect(index.takeEvents().map(\.kind) == ["container die"])
        #expect(running.isEmpty)
    }

    @Test("A restart of which no event told is found by the list, though the list may have been behind, too")
    func restartByList() throws {
        var news = EngineNews(index: index)
        try begin(&news, "a")
        news.take(try event("die", "a", at: 1_800_000_000_000_000_000))
        try list(&news, "a")
        while case .inspect(let ticket)? = news.takeRequest() {
            news.take(.success(try inspected(ticket.id, startedAt: "2027-11-21T09:00:00Z")), for: ticket)
        }
        #expect(index.takeEvents().map(\.kind) == ["container die", "container start"])
        #expect(running == ["a"])
    }

    @Test("What only a list tells is told with where it is from, and an end with its exit code")
    func listOnly() throws {
        var news = EngineNews(index: index)
        try begin(&news, "a")
        try list(&news, "b")
        try answer(&news)
        let events = index.takeEvents()
        #expect(events.map { "\($0.kind) \($0.container ?? "")" }.sorted() == ["container die a", "container start b"])
        #expect(events.first { $0.kind == "container die" }?.exitCode == 3)
        #expect(events.allSatisfy { $0.detail?.contains(#""found_by":"list""#) == true })
        #expect(running == ["b"])
    }

    @Test("A start that a list has told already is not told again, and one of another life is")
    func otherLife() throws {
        var news = EngineNews(index: index)
        try begin(&news, "a")
        news.take(try event("start", "a", at: 1))
        try answer(&news)
        #expect(index.takeEvents().isEmpty)
        news.take(try event("start", "a", at: 2))
        guard case .inspect(let ticket)? = news.takeRequest() else { throw NoQuestion() }
        news.take(.success(try inspected("a", startedAt: "2026-11-21T10:00:00Z")), for: ticket)
        #expect(index.takeEvents().map(\.kind) == ["container start"])
    }

    @Test("What was being asked when the connection broke is asked again on the next")
    func brokenConnection() throws {
        var news = EngineNews(index: index)
        try begin(&news)
        news.take(try event("start", "a", at: 1))
        _ = news.takeRequest()
        news.restart()
        #expect(!news.isReady)
        try begin(&news, "a")
        #expect(running == ["a"])
        #expect(index.takeEvents().map(\.kind) == ["container start"], "told once")
    }

    @Test("After an outage what events didn't tell is told from the list, and nothing twice")
    func outage() throws {
        var news = EngineNews(index: index)
        try begin(&news, "a")
        news.take(try event("start", "b", at: 1))
        try answer(&news)
        news.restart()
        try begin(&news, "b", "c")
        let events = index.takeEvents()
        #expect(
            events.map { "\($0.kind) \($0.container ?? "")" }.sorted() == ["container die a", "container start b", "container start c"])
        #expect(events.first { $0.container == "c" }?.detail?.contains(#""found_by":"list""#) == true)
        #expect(running == ["b", "c"])
    }

    @Test("Of a container that isn't recorded nothing is told, whether an event, a list or an inspection says what it is")
    func leftOut() throws {
        let index = ContainerIndex(
            filter: ContainerFilter(exclude: try ["a*", "label=tier=db"].map { try #require(ContainerPattern($0)) }))
        var news = EngineNews(index: index)
        try begin(&news, "a1", "b")
        for action in ["oom", "kill", "pause", "health_status: healthy", "die", "start", "die"] {
            news.take(try event(action, "a1", at: 2_000_000_000_000_000_000))
        }
        try list(&news, "b", "a2")
        try answer(&news)
        try list(&news, "b")
        try answer(&news)
        let labelled =
            #"{"Action":"start","Actor":{"ID":"c","Attributes":{"name":"c","tier":"db","image":"i"}},"timeNano":2000000000000000001}"#
        news.take(try JSONDecoder().decode(EngineEvent.self, from: Data(labelled.utf8)))
        #expect(index.takeEvents().isEmpty)
        news.take(try event("die", "b", at: 2_000_000_000_000_000_002))
        #expect(index.takeEvents().map(\.container) == ["b"], "the other is told of")
    }

    private struct NoQuestion: Error {}
}
