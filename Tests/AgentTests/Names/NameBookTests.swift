import StatsCore
import Testing

@testable import Agent

@Suite("Who is asked for names, and when") struct NameBookTests {
    private let second: UInt64 = 1_000_000_000
    private let start: UInt64 = 1_000_000_000_000
    private let told = ToldNames(source: .bundle, name: "app")

    private func container(_ number: Int = 1) throws -> CgroupPath {
        let digits = "\(number)"
        return try #require(CgroupPath("/kubepods/podx/\(String(repeating: "a", count: 64 - digits.count))\(digits)"))
    }

    @Test("A bundle that was read is not read again, and then nobody asks the kubelet")
    func once() throws {
        var book = NameBook()
        let one = try container()
        book.follow([one], at: start)
        #expect(book.take(.kubelet, at: start) == [])
        #expect(book.take(.bundle, at: start) == [one])
        #expect(book.take(.bundle, at: start) == [], "it is under way")
        #expect(book.isAwaited(one.containerID, at: start))
        #expect(book.answered(.bundle, [one], [one.containerID: .told(told, isWhole: true)], at: start) == true)
        #expect(book[one.containerID] == told && !book.isAwaited(one.containerID, at: start))
        for later in [second, 60 * second, 3600 * second] {
            book.follow([one], at: start + later)
            #expect(!book.isDue(.bundle, at: start + later) && !book.isDue(.kubelet, at: start + later))
        }
    }

    @Test("What could not be read is read again, less and less often")
    func again() throws {
        var book = NameBook()
        let one = try container()
        book.follow([one], at: start)
        var tries: [UInt64] = []
        for now in stride(from: start, to: start + 3600 * second, by: Int(second)) where !book.take(.bundle, at: now).isEmpty {
            tries.append((now - start) / second)
            _ = book.answered(.bundle, [one], [one.containerID: .failed("rubbish")], at: now)
        }
        #expect(tries.prefix(5) == [0, 1, 3, 7, 15] && (15...30).contains(tries.count))
    }

    @Test("The kubelet is asked as soon as the bundle has told nothing, and its word goes when the bundle tells")
    func kubelet() throws {
        var book = NameBook()
        let one = try container()
        book.follow([one], at: start)
        _ = book.take(.bundle, at: start)
        #expect(book.answered(.bundle, [one], [:], at: start) == false, "it still waits for the kubelet")
        #expect(book.isAwaited(one.containerID, at: start))
        #expect(book.take(.kubelet, at: start) == [one])
        let pod = ToldNames(source: .kubelet, name: "pod")
        #expect(book.answered(.kubelet, [one], [one.containerID: .told(pod, isWhole: false)], at: start) == true)
        #expect(book[one.containerID] == pod)
        #expect(book.take(.kubelet, at: start + 2 * second) == [one], "the container's own link comes later")
        #expect(book.take(.bundle, at: start + 2 * second) == [one])
        #expect(book.answered(.bundle, [one], [one.containerID: .told(told, isWhole: true)], at: start + 2 * second) == true)
        #expect(book[one.containerID] == told)
    }

    @Test("When nobody tells anything a container waits no longer, nor when a file system doesn't answer")
    func nobody() throws {
        var book = NameBook()
        let (one, other) = try (container(1), container(2))
        book.follow([one, other], at: start)
        _ = book.take(.bundle, at: start)
        _ = book.answered(.bundle, [one], [:], at: start)
        _ = book.take(.kubelet, at: start)
        #expect(book.answered(.kubelet, [one], [:], at: start) == true)
        #expect(!book.isAwaited(one.containerID, at: start))
        // The other's bundle is still being read.
        #expect(book.isAwaited(other.containerID, at: start + second / 2) && !book.isAwaited(other.containerID, at: start + second))
        let late = book.take(.kubelet, at: start + second)
        #expect(late.contains(other))
    }

    @Test("A container that is gone is forgotten, and an answer that comes after that is nobody's")
    func gone() throws {
        var book = NameBook()
        let one = try container()
        book.follow([one], at: start)
        _ = book.take(.bundle, at: start)
        book.follow([], at: start)
        #expect(book.answered(.bundle, [one], [one.containerID: .told(told, isWhole: true)], at: start) == false)
        #expect(book[one.containerID] == nil)
    }

    @Test("Many at once are asked for in parts, and none is forgotten")
    func many() throws {
        var book = NameBook()
        let all = try (1...500).map(container)
        book.follow(all, at: start)
        var asked: [CgroupPath] = []
        while true {
            let part = book.take(.bundle, at: start)
            if part.isEmpty { break }
            asked += part
            #expect(part.count <= 64)
        }
        #expect(Set(asked.map(\.containerID)) == Set(all.map(\.containerID)) && asked.count == 500)
    }
}
