import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Containers' names and labels, and the filters that operators use.
    @Suite("Names of containers") struct Names {
        @Test("A recording has the names of Compose and Swarm, and of the containers that are left out nothing at all", .engine)
        func names() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let work = "while :; do sleep 1; done"
                let web = try await lab.run(
                    scene, name: "shop-web-1", work,
                    options: ["--label", "com.docker.compose.project=shop", "--label", "com.docker.compose.service=web"])
                let task = try await lab.run(
                    scene, name: "api.1.x7", work,
                    options: [
                        "--label", "com.docker.swarm.service.name=stack_api", "--label", "com.docker.swarm.task.name=stack_api.1.x7",
                        "--label", "com.docker.swarm.node.id=n0de",
                    ])
                let hidden = try await lab.run(scene, name: "shop-db-1", work, options: ["--label", "tier=db"])
                let other = try await lab.run(scene, name: "unrelated", work)

                let collector = try await scene.collector()
                let options = ["--include", "shop-*", "--include", "label=com.docker.swarm.*", "--exclude", "label=tier=db"]
                _ = try await scene.connectedAgent(collector, containers: "cgroup", socket: lab.socket, options: options)
                try await collector.control.shows([web, task])
                try collector.control.start("names", "interval=200ms")
                // Starts and ends become events, but not those of containers that are left out.
                let late = try await lab.run(scene, name: "shop-late", work)
                let lateHidden = try await lab.run(scene, name: "shop-late-db", work, options: ["--label", "tier=db"])
                for id in [late, lateHidden, other] { try await lab.docker(scene, "kill", id) }
                try await eventually("the end of shop-late") {
                    try collector.control.durable("event").contains { $0["kind"] == "container die" && $0["container_id"] == late }
                }
                _ = try collector.control.stop()

                let run = try RecordedRun(collector.data + "/names")
                try run.checkWhole("here")
                try await run.checkFiles(scene)
                let rows = try run.table("container").rows
                func cells(_ id: String, _ columns: String...) -> Set<[String?]> {
                    Set(rows.filter { $0["container_id"] == id }.map { row in columns.map { row[$0] } })
                }
                #expect(cells(web, "compose_project", "compose_service", "swarm_service") == [["shop", "web", nil]])
                #expect(
                    cells(task, "swarm_service", "swarm_task", "swarm_node", "compose_project")
                        == [["stack_api", "stack_api.1.x7", "n0de", nil]])
                for name in ["container", "process", "event"] {
                    let ids = Set(try run.table(name).rows.compactMap { $0["container_id"] })
                    #expect(ids.isSuperset(of: [web, task]) && ids.isDisjoint(with: [hidden, lateHidden, other]), "\(name): \(ids)")
                }
            }
        }
    }
}
