import StatsCore
import Synchronization
import Testing

@testable import CLI

@Suite("What happens in a run of a matrix", .timeLimit(.minutes(10))) struct RunCourseTests {
    private final class Marks: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { names.withLock { $0 } }
        func set(_ name: String) { names.withLock { $0.append(name) } }
    }

    private static func ended(_ status: Int32) -> RecordedCommand {
        var command = RecordedCommand(program: "sh", arguments: nil, began: "", measure: .processes)
        command.exitStatus = status
        return command
    }

    /// - Parameter measures: set when the part begins that counts.
    private static func follow(
        _ course: RunCourse, ending: Latch<Ending> = Latch(), measures: Latch<Void> = Latch(), _ load: RunCourse.Load?
    ) async throws -> (marks: [String], outcome: RunCourse.Outcome) {
        let marks = Marks()
        let outcome = try await course.follow(load, ending: ending) { phase in
            marks.set(phase.rawValue)
            if phase == .measure { measures.set(()) }
        }
        return (marks.all, outcome)
    }

    @Test("A load that ends by itself is the part that counts, behind the warm-up")
    func loadAlone() async throws {
        let (marks, outcome) = try await Self.follow(RunCourse()) { _ in Self.ended(0) }
        #expect(marks == ["measure", "cool-down"] && outcome.failure == nil && outcome.load?.exitStatus == 0)
        let measures = Latch<Void>()
        let warm = try await Self.follow(RunCourse(warmUp: .milliseconds(1), coolDown: .milliseconds(1)), measures: measures) { _ in
            _ = try? await measures.wait()
            return Self.ended(0)
        }
        #expect(warm.marks == ["warm-up", "measure", "cool-down"] && warm.outcome.failure == nil)
    }

    @Test("A load that lasts longer than the part that counts is asked to end, and its status says nothing then")
    func longLoad() async throws {
        let course = RunCourse(duration: .milliseconds(1))
        let (marks, outcome) = try await Self.follow(course) { stop in
            _ = try? await stop.wait()
            return Self.ended(143)
        }
        #expect(marks == ["measure", "cool-down"] && outcome.failure == nil && outcome.load?.exitStatus == 143)
        #expect(try await Self.follow(course, nil).marks == ["measure", "cool-down"])
    }

    @Test("A load that fails, or that ends within the warm-up, is no measurement, and nothing is marked behind it")
    func failures() async throws {
        let failed = try await Self.follow(RunCourse(duration: .seconds(3600))) { _ in Self.ended(3) }
        #expect(failed.marks == ["measure"] && failed.outcome.failure == "the load ended with status 3")
        let early = try await Self.follow(RunCourse(warmUp: .seconds(3600))) { _ in Self.ended(0) }
        #expect(early.marks == ["warm-up"] && early.outcome.failure == "the load ended within the warm-up")
        let killed = try await Self.follow(RunCourse()) { _ in nil }
        #expect(killed.outcome.failure == "the load was killed")
    }

    @Test("What ends all of it ends the load, and is why it is no measurement")
    func interrupted() async throws {
        let ending = Latch<Ending>()
        let (marks, outcome) = try await Self.follow(RunCourse(), ending: ending) { stop in
            ending.set(.interrupted(2))
            return (try? await stop.wait()) == .interrupted(2) ? Self.ended(130) : nil
        }
        #expect(marks == ["measure"] && outcome.failure == "it was interrupted")
    }

    @Test("A mark that can't be set ends the load, and is the failure")
    func noMark() async throws {
        struct Refused: Error {}
        await #expect(throws: Refused.self) {
            try await RunCourse(duration: .milliseconds(1)).follow(
                { stop in
                    _ = try? await stop.wait()
                    return Self.ended(0)
                }, ending: Latch()
            ) { phase in
                if phase == .coolDown { throw Refused() }
            }
        }
    }
}
