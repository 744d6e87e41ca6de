import Glibc
import TestSupport
import Testing

extension IntegrationTests {
    /// `--healthcheck`, by which supervisors check the programs.
    @Suite("The health check") struct HealthCheck {
        @Test("A collector is alive while it answers, and not when it has ended")
        func collector() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let words = ["--healthcheck", "--control", "127.0.0.1:\(collector.control.port)"]
                try await scene.command(Products.collector, words).succeeded()
                try await collector.child.terminate()
                let refusal = try await scene.command(Products.collector, words)
                #expect(refusal.status == 1 && refusal.errors.contains("no collector answers"), "\(refusal)")
            }
        }

        @Test("A collector with a token and TLS shows its own health check that it is alive")
        func secured() async throws {
            try await Scene.run { scene in
                let (token, pki) = (scene.path("token"), scene.path("pki"))
                for words in [["token", token], ["ca", "init", pki], ["ca", "issue", pki, "elsewhere", "--role", "collector"]] {
                    try await scene.command(Products.cli, words).succeeded()
                }
                let options = [
                    "--token-file", token, "--tls-ca", "\(pki)/ca.pem", "--tls-certificate", "\(pki)/elsewhere.pem",
                    "--tls-key", "\(pki)/elsewhere-key.pem",
                ]
                let collector = try await scene.collector(options: options)
                let words = ["--healthcheck", "--control", "127.0.0.1:\(collector.control.port)"] + options
                try await scene.command(Products.collector, words).succeeded()
            }
        }

        @Test("An agent is alive before it has found its collector, and a check disturbs neither it nor the next one")
        func agent() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                try await collector.child.terminate()
                let agent = try await scene.agent(collector)
                for _ in 0..<2 {
                    try await scene.command(Products.agent, ["--healthcheck", "--state", agent.state]).succeeded()
                }
                #expect(agent.child.poll() == nil)
                let refusal = try await scene.command(Products.agent, ["--healthcheck", "--state", scene.path("unused")])
                #expect(refusal.status == 1 && refusal.errors.contains("no agent has used"), "\(refusal)")
            }
        }
    }
}
