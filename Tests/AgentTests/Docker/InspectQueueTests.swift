import Testing

@testable import Agent

@Suite("The queue of inspections") struct InspectQueueTests {
    private func running(_ id: String) -> InspectQueue.Purpose {
        .running(known: ContainerTree.info(id, name: id, pid: 1), news: .none)
    }

    private func ask(_ queue: inout InspectQueue) throws -> InspectQueue.Ticket {
        let ticket = queue.next()
        return try #require(ticket)
    }

    @Test("A container waits once, whatever happens to it, and no more are under way than allowed")
    func once() throws {
        var queue = InspectQueue(parallel: 2)
        for id in ["a", "b", "a", "c", "a"] { _ = queue.add(id, running(id)) }
        let first = try ask(&queue)
        let second = try ask(&queue)
        #expect([first.id, second.id] == ["a", "b"])
        let full = queue.next()
        #expect(full == nil)
        let purposes = [queue.answered(second), queue.answered(first)]
        #expect(purposes == [running("b"), running("a")])
        let rest = [queue.next(), queue.next()]
        #expect(rest.map { $0?.id } == ["c", nil])
    }

    @Test("What happens while a question is under way makes its answer old, and has it asked again")
    func outdated() throws {
        var queue = InspectQueue(parallel: 1)
        _ = queue.add("a", running("a"))
        let early = try ask(&queue)
        _ = queue.add("a", running("again"))
        let old = queue.answered(early)
        #expect(old == nil)
        let late = queue.answered(try ask(&queue))
        #expect(late == running("again"))
        let rest = queue.next()
        #expect(rest == nil)
    }

    @Test("Nobody waits for the answer about a container that was taken out")
    func removed() throws {
        var queue = InspectQueue(parallel: 1)
        _ = queue.add("a", running("a"))
        _ = queue.add("b", running("b"))
        let ticket = try ask(&queue)
        queue.remove("a")
        queue.remove("b")
        let answer = queue.answered(ticket)
        #expect(answer == nil)
        let rest = queue.next()
        #expect(rest == nil)
    }

    @Test("It has an end, also when containers come and go faster than anybody asks")
    func bounded() {
        var queue = InspectQueue(parallel: 0, capacity: 3)
        for number in 0..<1000 {
            _ = queue.add("\(number)", running("x"))
            queue.remove("\(number)")
        }
        let isAdded = queue.add("more", running("x"))
        #expect(!isAdded)
        #expect(queue["more"] == nil)
    }

    @Test("On another connection what was under way is asked again")
    func restart() throws {
        var queue = InspectQueue(parallel: 1)
        _ = queue.add("a", running("a"))
        _ = try ask(&queue)
        queue.restart()
        let again = try ask(&queue)
        #expect(again.id == "a")
    }
}
