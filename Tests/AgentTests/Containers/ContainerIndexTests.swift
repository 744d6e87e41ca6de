import Synchronization
import Testing

@testable import Agent

@Suite("The list of containers") struct ContainerIndexTests {
    @Test("A snapshot comes only when something has changed")
    func snapshots() throws {
        let index = ContainerIndex()
        #expect(index.snapshot(newerThan: 0) == nil)
        index.publish([ContainerTree.info("a", name: "a", pid: 1)])
        let first = try #require(index.snapshot(newerThan: 0))
        #expect(first.containers.map(\.id) == ["a"])
        index.publish([ContainerTree.info("a", name: "a", pid: 1)])
        #expect(index.snapshot(newerThan: first.generation) == nil)
        index.remove("a")
        #expect(index.snapshot(newerThan: first.generation)?.containers.isEmpty == true)
    }

    @Test("It wakes for a container that started, and not for one that changed or ended")
    func wakes() {
        let index = ContainerIndex()
        let wakes = Counter()
        index.setWake { wakes.add() }
        index.upsert(ContainerTree.info("a", name: "a", pid: 1))
        #expect(wakes.value == 1)
        index.upsert(ContainerTree.info("a", name: "renamed", pid: 1))
        index.publish([ContainerTree.info("a", name: "again", pid: 1)])
        #expect(wakes.value == 1)
        index.upsert(ContainerTree.info("a", name: "a", pid: 2))
        #expect(wakes.value == 2)
        index.publish([ContainerTree.info("a", name: "a", pid: 2), ContainerTree.info("b", name: "b", pid: 3)])
        #expect(wakes.value == 3)
        index.remove("a")
        #expect(wakes.value == 3)
    }

    @Test("It doesn't wake for a container that isn't recorded")
    func noWake() throws {
        let index = ContainerIndex(filter: ContainerFilter(exclude: [try #require(ContainerPattern("a"))]))
        let wakes = Counter()
        index.setWake { wakes.add() }
        index.upsert(ContainerTree.info("a", name: "a", pid: 1))
        index.publish([ContainerTree.info("a", name: "a", pid: 2)])
        index.upsert(ContainerTree.info("a", name: "a", pid: 3))
        #expect(wakes.value == 0)
        index.upsert(ContainerTree.info("a", name: "b", pid: 4))
        #expect(wakes.value == 1)
    }

    @Test("Events come out in order and once, and a storm's oldest are counted")
    func events() {
        let index = ContainerIndex()
        for number in 0..<ContainerIndex.eventCapacity + 3 { index.post(ContainerEvent(kind: "\(number)")) }
        let events = index.takeEvents()
        #expect(events.count == ContainerIndex.eventCapacity)
        #expect(events.first?.kind == "3")
        #expect(index.droppedEvents == 3)
        #expect(index.takeEvents().isEmpty)
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add() { count.withLock { $0 += 1 } }
    }

    @Test("Each start of a container has a number of its own, which stays while it is known better")
    func starts() throws {
        let index = ContainerIndex()
        func start() throws -> UInt64 { try #require(index.snapshot(newerThan: 0)?.starts["a"]) }
        func info(_ pid: Int32?) -> ContainerInfo {
            var info = ContainerTree.info("a", name: "a", pid: 1)
            info.initPID = pid
            return info
        }
        index.upsert(info(nil))
        let first = try start()
        index.upsert(info(7))
        index.publish([info(7)])
        #expect(try start() == first)
        index.upsert(info(8))
        let second = try start()
        index.remove("a")
        index.upsert(info(nil))
        let third = try start()
        index.publish([info(9)])
        #expect(try start() == third, "its pid is known now")
        index.publish([info(10)])
        #expect(try Set([first, second, third, start()]).count == 4)
    }

    @Test("The event of an end comes with the container's removal")
    func endWithEvent() {
        let index = ContainerIndex()
        index.upsert(ContainerTree.info("a", name: "a", pid: 1))
        index.remove("a", posting: ContainerEvent(kind: "container die", containerID: "a"))
        #expect(index.takeEvents().map(\.kind) == ["container die"] && index.snapshot(newerThan: 0)?.containers.isEmpty == true)
    }
}
