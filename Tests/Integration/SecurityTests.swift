import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Who may connect, tested with the built programs and with certificates of `sonde ca`.
    @Suite("Who may connect") struct Security {
        /// A CA with a collector's, an agent's and an operator's certificate, and two tokens.
        private struct Keys {
            let ca: PrivateCA
            let token: String
            let otherToken: String
            var pki: String { ca.directory }

            init(_ scene: Scene, _ name: String = "pki") async throws {
                token = scene.path("\(name)-token")
                otherToken = scene.path("\(name)-other-token")
                for file in [token, otherToken] { try await scene.command(Products.cli, ["token", file]).succeeded() }
                ca = try await PrivateCA(scene, name)
                for (name, role) in [("collector", "collector"), ("a", "agent"), ("b", "agent"), ("me", "operator")] {
                    try await issue(scene, name, role)
                }
            }

            func issue(_ scene: Scene, _ name: String, _ role: String, prefix: [String] = []) async throws {
                try await ca.issue(scene, name, role, prefix: prefix)
            }

            func tls(_ name: String, ca: String? = nil) -> [String] { self.ca.tls(name, ca: ca) }
        }

        private static func status(_ scene: Scene, _ collector: Collector, _ options: [String]) async throws -> Command {
            try await scene.command(Products.cli, ["--port", "\(collector.control.port)"] + options + ["--json", "status"])
        }

        /// Whether the collector shows the node as connected within a few seconds.
        private static func isConnected(_ scene: Scene, _ collector: Collector, _ options: [String], _ node: String) async throws {
            try await eventually("\(node) connected") {
                let status = try await Self.status(scene, collector, options)
                return status.output.contains("\"node\":\"\(node)\"") || status.output.contains("\"node\" : \"\(node)\"")
            }
        }

        /// Waits until a program's output contains these words.
        private static func says(_ child: Child, _ words: String) async throws {
            try await eventually("`\(words)` from \(child.name)\n\(child.diary)") { child.errors.contains(words) }
        }

        @Test(
            "An agent with the token delivers; with another, or none, it is refused and told what to do; and it refuses a collector without"
        )
        func token() async throws {
            try await Scene.run { scene in
                let keys = try await Keys(scene)
                let collector = try await scene.collector(options: ["--token-file", keys.token])
                let control = ["--token-file", keys.token]
                _ = try await scene.agent(collector, node: "right", options: ["--token-file", keys.token])
                try await Self.isConnected(scene, collector, control, "right")
                let wrong = try await scene.agent(collector, node: "wrong", options: ["--token-file", keys.otherToken])
                try await Self.says(wrong.child, "token_wrong")
                let without = try await scene.agent(collector, node: "without")
                try await Self.says(without.child, "--token-file")
                let status = try await Self.status(scene, collector, control).succeeded()
                #expect(!status.contains("\"wrong\"") && !status.contains("\"without\""), "\(status)")

                let open = try await scene.collector(data: scene.makeDirectory("open"))
                let careful = try await scene.agent(open, node: "careful", options: ["--token-file", keys.token])
                try await Self.says(careful.child, "doesn't have this agent's token")
            }
        }

        @Test("The token is nowhere to be seen: not in the process list, not in its environment, not in the logs, and in no core file")
        func unseen() async throws {
            try await Scene.run { scene in
                let keys = try await Keys(scene)
                let token = try String(contentsOfFile: keys.token, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
                let collector = try await scene.collector(options: ["--token-file", keys.token, "--log-level", "trace"])
                let agent = try await scene.agent(collector, options: ["--token-file", keys.token, "--log-level", "trace"])
                try await Self.isConnected(scene, collector, ["--token-file", keys.token], "here")
                for child in [collector.child, agent.child] {
                    for file in ["cmdline", "environ"] {
                        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: "/proc/\(child.pid)/\(file)")), as: UTF8.self)
                        #expect(!text.contains(token), "\(file) of \(child.name)")
                    }
                    let limits = try String(contentsOfFile: "/proc/\(child.pid)/limits", encoding: .utf8)
                    let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
                    #expect(core?.split(separator: " ").dropFirst(4).prefix(2) == ["1", "1"], "\(core ?? "")")
                    try await child.terminate()
                    #expect(!(child.output + child.errors).contains(token))
                }
            }
        }

        @Test("With TLS a node's own certificate lets it deliver; another node's, another CA's, an expired one or none does not")
        func certificates() async throws {
            try await Scene.run { scene in
                let keys = try await Keys(scene)
                let others = try await Keys(scene, "others")
                let collector = try await scene.collector(options: keys.tls("collector"))
                let control = keys.tls("me")
                _ = try await scene.agent(collector, node: "a", options: keys.tls("a"))
                try await Self.isConnected(scene, collector, control, "a")

                let pretender = try await scene.agent(collector, node: "c", options: keys.tls("b"))
                try await Self.says(pretender.child, "the certificate is that of the agent `b`")
                let unroled = try await scene.agent(collector, node: "me", options: keys.tls("me"))
                try await Self.says(unroled.child, "the certificate is that of the operator `me`")
                let stranger = try await scene.agent(collector, node: "b", options: others.tls("b"))
                try await Self.says(stranger.child, "isn't from the CA")
                // It would trust the collector, but the collector doesn't trust it.
                let unknown = try await scene.agent(
                    collector, node: "b", options: others.tls("b", ca: "\(keys.pki)/ca.pem"), state: scene.path("state-unknown"))
                try await Self.says(unknown.child, "TLS with the collector failed")
                let past = try await FakedClock(scene, hours: -24 * 400)
                try await keys.issue(scene, "late", "agent", prefix: past.prefix)
                let late = try await scene.agent(collector, node: "late", options: keys.tls("late"))
                try await Self.says(late.child, "TLS with the collector failed")
                let plain = try await scene.agent(collector, node: "plain")
                try await Self.says(plain.child, "it may speak TLS")

                let status = try await Self.status(scene, collector, control).succeeded()
                for node in ["b", "c", "late", "plain", "me"] { #expect(!status.contains("\"\(node)\""), "\(node) in \(status)") }
                let agents = try await Self.status(scene, collector, keys.tls("a"))
                #expect(agents.status == 69 && agents.errors.contains("operator"), "\(agents)")
                #expect(try await Self.status(scene, collector, []).status == 69)
            }
        }

        @Test("A collector's certificate is good for the names and addresses that it was made for, not for an address that a name leads to")
        func names() async throws {
            try await Scene.run { scene in
                let keys = try await Keys(scene)
                let issue = ["ca", "issue", keys.pki]
                try await scene.command(Products.cli, issue + ["elsewhere", "--role", "collector"]).succeeded()
                try await scene.command(Products.cli, issue + ["here", "--role", "collector", "--host", "127.0.0.1"]).succeeded()
                try await scene.command(Products.cli, issue + ["local", "--role", "collector", "--host", "localhost"]).succeeded()
                // By which of these two the CLI and an agent reach a collector with this certificate.
                for (certificate, reached) in [
                    ("elsewhere", []), ("here", ["127.0.0.1"]), ("local", ["localhost"]), ("collector", ["127.0.0.1", "localhost"]),
                ] {
                    let collector = try await scene.collector(
                        data: scene.makeDirectory("data-\(certificate)"), options: keys.tls(certificate))
                    for host in ["127.0.0.1", "localhost"] {
                        let status = try await Self.status(scene, collector, ["--host", host] + keys.tls("me"))
                        #expect(status.status == (reached.contains(host) ? 0 : 69), "\(certificate) by \(host): \(status)")
                        #expect(reached.contains(host) || status.errors.contains("sonde ca issue"), "\(status)")
                        var named = collector
                        named.listen = "\(host):\(collector.port)"
                        let node = host == "localhost" ? "a" : "b"
                        let agent = try await scene.agent(
                            named, node: node, options: keys.tls(node), state: scene.path("state-\(certificate)-\(node)"))
                        if reached.contains(host) {
                            try await eventually("\(node) connected\n\(agent.child.diary)") { agent.child.output.contains("Connected ") }
                        } else {
                            try await Self.says(agent.child, "sonde ca issue")
                            #expect(!agent.child.output.contains("Connected "))
                        }
                        try await agent.child.terminate()
                    }
                    try await collector.child.terminate()
                }
            }
        }

        @Test("The CLI holds a server to its name whatever version of HTTP that would speak, and tells it nothing before")
        func versions() async throws {
            try await Scene.run { scene in
                let keys = try await Keys(scene)
                let words = ["ca", "issue", keys.pki, "here", "--role", "collector", "--host", "127.0.0.1"]
                try await scene.command(Products.cli, words).succeeded()
                let own = ["-cert", "\(keys.pki)/here.pem", "-key", "\(keys.pki)/here-key.pem"]
                let server = try scene.start("openssl", ["s_server", "-accept", "127.0.0.1:0", "-alpn", "h2,http/1.1", "-www"] + own)
                let port = try await eventually("the port of \(server.diary)") {
                    server.output.firstMatch(of: #/ACCEPT [^\n]*:(\d+)\n/#)?.1
                }
                let status = try await scene.command(
                    Products.cli, ["--host", "localhost", "--port", "\(port)"] + keys.tls("me") + ["status"])
                #expect(status.status == 69 && status.errors.contains("sonde ca issue"), "\(status)\n\(server.diary)")
            }
        }

        @Test(
            "A file of settings, a token, a key or a certificate that is no regular file, or a gigabyte, is refused by name at once",
            arguments: ["FIFO", "gigabyte", "directory"])
        func oddFiles(kind: String) async throws {
            try await Scene.run { scene in
                let keys = try await Keys(scene)
                let odd = scene.path("odd")
                switch kind {
                case "FIFO": #expect(mkfifo(odd, 0o600) == 0)
                case "directory": #expect(mkdir(odd, 0o700) == 0)
                default:
                    #expect(FileManager.default.createFile(atPath: odd, contents: nil, attributes: [.posixPermissions: 0o600]))
                    #expect(truncate(odd, 1 << 30) == 0)
                }
                let pki = keys.tls("collector")
                var uses: [[String]] = [["--token-file", odd]]
                for place in [1, 3, 5] {
                    var options = pki
                    options[place] = odd
                    uses.append(options)
                }
                for options in uses {
                    let collector = try await scene.command(
                        Products.collector, ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--data", scene.path("data")] + options)
                    let agent = try await scene.command(Products.agent, ["--state", scene.path("state")] + options)
                    let cli = try await scene.command(Products.cli, ["status"] + options)
                    for command in [collector, agent, cli] {
                        #expect(command.status != 0 && command.errors.contains("\(odd) can't be read"), "\(command)")
                    }
                }
                for program in [Products.collector, Products.agent] {
                    let command = try await scene.command(program, ["--config", odd])
                    #expect(command.status == 64 && command.errors.contains("the configuration file \(odd)"), "\(command)")
                }
                let policy = try await scene.command(Products.agent, ["--state", scene.path("state"), "--governor", odd])
                #expect(policy.status == 64 && policy.errors.contains("the policy \(odd) can't be read"), "\(policy)")
            }
        }

        @Test("Neither port speaks TLS 1.2, nor to a client without a certificate", arguments: [["-tls1_2"], ["-tls1_3"]])
        func handshakes(options: [String]) async throws {
            try await Scene.run { scene in
                let keys = try await Keys(scene)
                let collector = try await scene.collector(options: keys.tls("collector"))
                for address in [collector.listen, "127.0.0.1:\(collector.control.port)"] {
                    let own = ["-cert", "\(keys.pki)/me.pem", "-key", "\(keys.pki)/me-key.pem"]
                    for (certificate, isServed) in [(own, options == ["-tls1_3"]), ([], false)] {
                        // In TLS 1.3 a client learns only after its own handshake that it isn't wanted: `-quiet` has it wait until it is answered.
                        let line =
                            "printf 'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' | "
                            + (["timeout", "60", "openssl", "s_client", "-connect", address, "-CAfile", "\(keys.pki)/ca.pem", "-quiet"]
                            + options + certificate).joined(separator: " ")
                        let answer = try await scene.command("sh", ["-c", line])
                        let isAnswered = answer.output.contains("HTTP/1.1 200") || answer.output.contains("challenge")
                        #expect(isAnswered == isServed, "\(address) \(answer)")
                    }
                }
            }
        }

        @Test("A certificate that is replaced on the disk is used for the next connection, without a restart")
        func renewal() async throws {
            try await Scene.run { scene in
                let keys = try await Keys(scene)
                let others = try await Keys(scene, "others")
                let collector = try await scene.collector(options: keys.tls("collector"))
                try await Self.status(scene, collector, keys.tls("me")).succeeded()
                for file in ["ca.pem", "collector-key.pem", "collector.pem"] {
                    #expect(rename("\(others.pki)/\(file)", "\(keys.pki)/\(file)") == 0)
                }
                #expect(try await Self.status(scene, collector, others.tls("me", ca: "\(keys.pki)/ca.pem")).status == 0)
                #expect(try await Self.status(scene, collector, keys.tls("me")).status == 69, "the CA from before is trusted no more")
                // A certificate without its key, or an invalid file: the earlier certificate stays in use.
                try Data("rubbish".utf8).write(to: URL(fileURLWithPath: "\(keys.pki)/collector.pem"))
                #expect(try await Self.status(scene, collector, others.tls("me", ca: "\(keys.pki)/ca.pem")).status == 0)
                try await Self.says(collector.child, "can't be read again")
            }
        }

        /// Another user's words before a command line.
        private static let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

        /// Sonde's programs where every user may run them: the build directory may be below one that only its owner may enter.
        private static func programs(_ scene: Scene) throws -> (agent: String, cli: String, collector: String) {
            func copy(_ path: String) throws -> String {
                let place = scene.path("\(URL(fileURLWithPath: path).lastPathComponent)-for-all")
                try FileManager.default.copyItem(atPath: path, toPath: place)
                return place
            }
            return (try copy(Products.agent), try copy(Products.cli), try copy(Products.collector))
        }

        @Test("Without a token another user of the machine may look on, and neither start, stop, mark and download nor deliver", .root)
        func otherUser() async throws {
            try await Scene.run { scene in
                let programs = try Self.programs(scene)
                let collector = try await scene.collector()
                try await collector.child.says("without a token only this user and root")
                _ = try await scene.connectedAgent(collector)
                try collector.control.start("first", "interval=100ms&duration=300ms")
                try await collector.control.runOver()
                func nobody(_ words: String...) async throws -> Command {
                    let command = Self.nobody + [programs.cli, "--port", "\(collector.control.port)"] + words
                    return try await scene.command(command[0], Array(command.dropFirst()))
                }
                for word in ["status", "instances", "runs", "containers"] { try await nobody(word).succeeded() }
                let downloads = try scene.makeDirectory("downloads")
                chmod(downloads, 0o777)
                for refused in [
                    try await nobody("start", "stolen"), try await nobody("stop"), try await nobody("mark", "x"),
                    try await nobody("runs", "first", "--download", downloads),
                ] {
                    #expect(refused.status != 0 && refused.errors.contains("you are user 65534"), "\(refused)")
                    #expect(refused.errors.contains("--token-file"), "\(refused)")
                }
                for path in ["/runs/first/host.csv", "//runs/first/host.csv", "/runs//first", "/runs/first/report.html"] {
                    let fetch =
                        "exec 3<>/dev/tcp/127.0.0.1/\(collector.control.port); printf 'GET \(path) HTTP/1.0\\r\\nHost: 127.0.0.1\\r\\n\\r\\n' >&3; cat <&3"
                    let words = Self.nobody + ["bash", "-c", fetch]
                    let answer = try await scene.command(words[0], Array(words.dropFirst())).succeeded()
                    #expect(answer.contains("403 Forbidden") && answer.contains("other_user"), "\(answer)")
                }
                // Root in a user namespace of one's own is the user who made it. Where nobody may make one, unshare says so.
                let mapped = Self.nobody + ["unshare", "-Ur", programs.cli, "--port", "\(collector.control.port)", "start", "stolen"]
                let refused = try await scene.command(mapped[0], Array(mapped.dropFirst()))
                #expect(refused.status != 0, "\(refused)")
                #expect(refused.errors.contains("you are user 65534") || refused.errors.hasPrefix("unshare: "), "\(refused)")
                // An IPv4 connection by a socket of IPv6 is known too.
                let six =
                    "exec 3<>/dev/tcp/::ffff:127.0.0.1/\(collector.control.port); printf 'GET /runs/first HTTP/1.0\\r\\nHost: 127.0.0.1\\r\\n\\r\\n' >&3; cat <&3"
                for (prefix, said) in [(Self.nobody, "you are user 65534"), ([], "200 OK")] {
                    let words = prefix + ["bash", "-c", six]
                    let answer = try await scene.command(words[0], Array(words.dropFirst())).succeeded()
                    #expect(answer.contains(said), "\(answer)")
                }
                // A socket that nobody holds any more is none of root's.
                let shout =
                    "exec 3<>/dev/tcp/127.0.0.1/\(collector.control.port); printf 'POST /start/shouted HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n' >&3; exec 3>&-"
                for _ in 0..<50 {
                    let words = Self.nobody + ["bash", "-c", shout]
                    try await scene.command(words[0], Array(words.dropFirst())).succeeded()
                }
                let status = try collector.control.status()
                #expect(status.run == nil && status.collector.insecure == nil)
                #expect(try collector.control.send("GET", "/runs").decoded([RunManifest].self).map(\.name) == ["first"])

                let state = try scene.makeDirectory("state-other")
                chown(state, 65534, 65534)
                let agent = try await scene.agent(
                    collector, node: "pretender", executable: programs.agent, prefix: Self.nobody, state: state)
                try await Self.says(agent.child, "other_user")
            }
        }

        @Test("Where the kernel doesn't say whose a connection is, everybody may look on without a token, and nobody do more")
        func unknownUsers() async throws {
            try await Scene.run { scene in
                let prefix = ["python3", "\(Checkout.tests)/Integration/without_sock_diag.py"]
                let silent = try await scene.collector(prefix: prefix)
                try await Self.says(silent.child, "nobody may start, stop and download runs")
                try await Self.status(scene, silent, []).succeeded()
                let refused = try await scene.sonde(silent, "start", "run")
                #expect(refused.status != 0 && refused.errors.contains("the kernel doesn't say which user you are"), "\(refused)")
                #expect(refused.errors.contains("--token-file") && refused.errors.contains("--insecure"), "\(refused)")
                let agent = try await scene.agent(silent, node: "a")
                try await Self.says(agent.child, "other_user")

                let keys = try await Keys(scene)
                let token = ["--token-file", keys.token]
                for (name, options, control) in [("token", token, token), ("all", ["--insecure"], [])] {
                    let collector = try await scene.collector(data: scene.makeDirectory(name), prefix: prefix, options: options)
                    let node = try await scene.agent(collector, node: name, options: control)
                    try await Self.isConnected(scene, collector, control, name)
                    let words = control + ["--port", "\(collector.control.port)", "start", "run"]
                    try await scene.command(Products.cli, words).succeeded()
                    for child in [node.child, collector.child] { try await child.terminate() }
                }
            }
        }

        @Test("The collector's own user and root may do everything without a token, and with --insecure every user", .root)
        func ownUser() async throws {
            try await Scene.run { scene in
                let programs = try Self.programs(scene)
                let data = try scene.makeDirectory("data-of-nobody")
                chown(data, 65534, 65534)
                for options in [[], ["--insecure"]] {
                    let collector = try await scene.collector(
                        data: data, executable: programs.collector, prefix: Self.nobody, options: options)
                    // Root's agent, and the collector's own user's.
                    let roots = try await scene.connectedAgent(collector, node: "root")
                    let state = try scene.makeDirectory("state-own\(options.count)")
                    chown(state, 65534, 65534)
                    let own = try await scene.agent(collector, node: "own", executable: programs.agent, prefix: Self.nobody, state: state)
                    try await eventually("both nodes") { try collector.control.instances().nodes.count { $0.isConnected } == 2 }
                    for prefix in [[], Self.nobody] {
                        let name = "run\(options.count)\(prefix.count)"
                        // A run that is stopped before its first tick is incomplete: status 2.
                        for (command, statuses) in [(["start", name], [0] as Set<Int32>), (["mark", "x"], [0]), (["stop"], [0, 2])] {
                            let words = prefix + [programs.cli, "--port", "\(collector.control.port)"] + command
                            let done = try await scene.command(words[0], Array(words.dropFirst()))
                            #expect(statuses.contains(done.status), "\(done)")
                        }
                    }
                    // A third user.
                    let third = try await scene.command(
                        "setpriv",
                        ["--reuid=65533", "--regid=65533", "--clear-groups", programs.cli, "--port", "\(collector.control.port)", "stop"])
                    #expect(third.errors.contains(options.isEmpty ? "you are user 65533" : "no run is in progress"), "\(third)")
                    for child in [roots.child, own.child, collector.child] { try await child.terminate() }
                }
            }
        }

        @Test(
            "A port that others can reach isn't opened without a token or TLS, and with --insecure the log and the status say so",
            arguments: ["--listen", "--control"])
        func exposure(option: String) async throws {
            try await Scene.run { scene in
                let data = try scene.makeDirectory("data")
                for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
                    let refused = try await scene.command(
                        Products.collector, [option, address, "--data", data], environment: ["SONDE_LISTEN": "127.0.0.1:0"])
                    #expect(refused.status == 64 && refused.errors.contains("--token-file"), "\(refused)")
                }
                #expect(try FileManager.default.contentsOfDirectory(atPath: data).isEmpty)
                let collector = try await scene.collector(listen: "0.0.0.0:0", options: ["--insecure"])
                try await collector.child.says("--insecure")
                #expect(try collector.control.status().collector.insecure == true)
                #expect(try await scene.sonde(collector, "status").succeeded().contains("INSECURE"))
                let closed = try await scene.collector(data: scene.makeDirectory("closed"))
                #expect(try closed.control.status().collector.insecure == nil)
            }
        }

        @Test(
            "A token or key that others can read, that is damaged or absent, is named, and nothing starts",
            arguments: ["644", "rubbish", "absent"])
        func badFiles(kind: String) async throws {
            try await Scene.run { scene in
                let keys = try await Keys(scene)
                for file in [keys.token, "\(keys.pki)/collector-key.pem"] {
                    switch kind {
                    case "644": chmod(file, 0o644)
                    case "rubbish":
                        try Data("rubbish".utf8).write(to: URL(fileURLWithPath: file))
                        chmod(file, 0o600)
                    default: unlink(file)
                    }
                }
                for options in [["--token-file", keys.token], keys.tls("collector")] {
                    let file = options.last ?? ""
                    let collector = try await scene.command(
                        Products.collector, ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--data", scene.path("data")] + options)
                    let agent = try await scene.command(Products.agent, ["--state", scene.path("state")] + options)
                    let cli = try await scene.command(Products.cli, ["status"] + options)
                    for command in [collector, agent, cli] { #expect(command.status != 0 && command.errors.contains(file), "\(command)") }
                }
            }
        }
    }
}
