import StatsCore
import Testing

@testable import CLI

@Suite("Containers of several collectors") struct GroupContainersTests {
    private static let away = CommandFailure.unreachable(Endpoint(host: "c2", port: 9880), because: "Connection refused")
    private static let absent = CommandFailure(code: "not_found", message: "there is no container web1")

    private static func list(_ collector: String, _ names: String...) -> CollectorAnswer<ContainerList> {
        let containers = names.map { name in
            ("\(name)0123456789abcdef", JSONValue.object(["name": .string(name), "node": .string("n-\(collector)")]))
        }
        return CollectorAnswer(
            collector: collector, result: .success(ContainerList(containers: Dictionary(uniqueKeysWithValues: containers))))
    }

    @Test("All stand in one table with the collector of each, and below it whoever could not be asked")
    func table() throws {
        let answers = [
            Self.list("c1:9880", "web", "db"), CollectorAnswer(collector: "c2:9880", result: .failure(Self.away)),
            Self.list("c3:9880", "web"),
        ]
        let lines = GroupContainers(collectors: answers).text.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("COLLECTOR  CONTAINER"))
        let cells = lines[1...3].map { $0.split(separator: " ").prefix(4).map(String.init) }
        #expect(
            cells == [
                ["c1:9880", "db", "db0123456789", "n-c1:9880"], ["c1:9880", "web", "web012345678", "n-c1:9880"],
                ["c3:9880", "web", "web012345678", "n-c3:9880"],
            ])
        #expect(lines[4...] == ["== c2:9880", "Error: No collector answers on c2:9880: Connection refused."])
        #expect(throws: Self.away.status) { try CollectorAnswer.check(answers) }
        #expect(GroupContainers(collectors: [Self.list("c1:9880")]).text == "No containers.")
    }

    @Test("One container is that of whichever collector has it; it isn't there only when nobody has it and all were asked")
    func one() throws {
        let found = CollectorAnswer(
            collector: "c1:9880", result: .success(ContainerValues(container: .object(["name": .string("web1")]))))
        let absent = CollectorAnswer<ContainerValues>(collector: "c3:9880", result: .failure(Self.absent))
        let away = CollectorAnswer<ContainerValues>(collector: "c2:9880", result: .failure(Self.away))
        #expect(try GroupContainer.report([absent, found]).text == "== c1:9880\nCOLUMN  VALUE\nname    web1")
        #expect(try GroupContainer.report([absent, found, away]).collectors.map(\.collector) == ["c1:9880", "c2:9880"])
        #expect(try GroupContainer.report([absent, away]).collectors.map(\.collector) == ["c2:9880"])
        #expect(throws: Self.absent) { try GroupContainer.report([absent, absent]) }
    }
}
