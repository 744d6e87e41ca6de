import ArgumentParser
import StatsCore
import Testing

@testable import CLI

/// How command lines are understood, and which are refused with status 64.
@Suite("The command line") struct CommandLineTests {
    private func parse(_ words: String...) throws -> any ParsableCommand {
        try Invocation.parsed(Invocation.arranged(words))
    }

    private func status(of words: [String]) -> Int32 {
        do {
            _ = try Invocation.parsed(Invocation.arranged(words))
            return 0
        } catch {
            return (error as? CommandFailure)?.status.rawValue ?? SondeCommand.exitCode(for: error).rawValue
        }
    }

    @Test(
        "A command is understood with a leading slash and without",
        arguments: ["instances", "stop", "status", "runs", "containers"])
    func leadingSlash(name: String) throws {
        #expect(type(of: try parse("/\(name)")) == type(of: try parse(name)))
    }

    @Test("A slash in front of an argument is left alone")
    func slashInArgument() {
        #expect(Invocation.arranged(["/start", "/stop"]) == ["start", "/stop"])
        #expect(Invocation.arranged(["/nothing"]) == ["/nothing"])
    }

    @Test("The hosts that a certificate is made for are its own, and not the collector that a prompt talks to")
    func certificateHosts() throws {
        let words = ["ca", "issue", "pki", "c1", "--role", "collector", "--host", "a", "--host", "b"]
        for prefix in [[], ["--host", "c", "--port=1", "--json"]] {
            let issue = try #require(try Invocation.parsed(Invocation.arranged(prefix + words)) as? CACommand.IssueCommand)
            #expect(issue.host == ["a", "b"] && !issue.loopback)
        }
        #expect(status(of: ["ca", "issue", "pki", "n", "--role", "agent", "--loopback"]) == 64)
        #expect(status(of: ["ca", "issue", "pki", "n", "--role", "operator", "--host", "a"]) == 64)
    }

    @Test("Host, port and format mean the same before and after the command")
    func optionsOnBothSides() throws {
        let before = try #require(try parse("--host", "h1", "--port=7", "--json", "/start", "a") as? StartCommand)
        let after = try #require(try parse("start", "a", "--host=h1", "--port", "7", "--json") as? StartCommand)
        for command in [before, after] {
            #expect(try command.connection.endpoint() == Endpoint(host: "h1", port: 7))
            #expect(command.connection.json)
            #expect(command.directory == "a")
        }
    }

    @Test("An option behind the command beats the same option before it")
    func lastOptionCounts() throws {
        let command = try #require(try parse("--host", "h1", "stop", "--host", "h2") as? StopCommand)
        #expect(try command.connection.endpoint().host == "h2")
    }

    @Test("What `record` is told of containers and processes is handed on to its agent")
    func recordOptions() throws {
        let words = [
            "record", "--include=-a*", "--include", "label=b=c", "--exclude", "image=d", "--sandboxes", "--kernel-threads", "--run",
            "/e", "--lib", "/f", "--log", "/g",
            "--match", "h", "--top", "3", "--units", "none", "--hide-arguments",
        ]
        let record = try #require(try Invocation.parsed(Invocation.arranged(words)) as? RecordCommand)
        #expect(
            record.agentArguments == [
                "--interval", "1s", "--processes", "all", "--match=h", "--kernel-threads", "--hide-arguments", "--top=3",
                "--include=-a*", "--include=label=b=c",
                "--exclude=image=d", "--sandboxes", "--run=/e", "--lib=/f", "--log=/g",
            ])
        for words in [
            ["--include", ""], ["--containers", "off", "--exclude", "a"], ["--processes", "none", "--kernel-threads"],
            ["--keep-arguments", "--hide-arguments", "--", "true"],
        ] {
            #expect(status(of: ["record"] + words) == 64)
        }
    }

    @Test("Options before `record -- command` stay out of the command")
    func optionsBeforeTerminator() throws {
        let command = try #require(
            try parse("--json", "record", "--output", "x", "--", "sh", "-c", "exit 3", "--host", "h") as? RecordCommand)
        #expect(command.command == ["sh", "-c", "exit 3", "--host", "h"])
        #expect(command.connection.json)
        #expect(command.connection.host == nil)
    }

    @Test("Durations are read with their units")
    func durations() throws {
        let command = try #require(try parse("start", "a", "--interval", "100ms", "--duration", "5m", "--expect", "2") as? StartCommand)
        #expect(command.interval == .milliseconds(100))
        #expect(command.duration == .seconds(300))
        #expect(command.expect == 2)
    }

    @Test(
        "Wrong usage ends with 64",
        arguments: [
            ["nothing"], ["start"], ["start", ""], ["start", "/etc"], ["start", "a", "--interval", "5"],
            ["start", "a", "--duration", "0s"],
            ["start", "a", "--expect", "0"], ["mark"], ["stop", "now"], ["status", "--port", "0"], ["status", "--port", "70000"],
            ["status", "--port", "x"], ["status", "--host", ""], ["status", "--host", "a/b"], ["status", "--host", "a b"],
            ["runs", "--download", "d"], ["record", "--processes", "some"], ["record", "--output", "x", "--containers", "all"],
            ["record", "--interval", "1ms"], ["record", "--interval", "2h"], ["record", "--top", "0"],
            ["record", "--processes", "none", "--match", "a"], ["record", "--duration", "60"],
            ["record", "--output", "x", "--duration", "5s", "--", "true"],
            ["record", "--output", "x", "--interval", "1s", "--duration", "1ms"],
            ["summary"], ["summary", "x", "--by", "colour"], ["summary", "x", "--csv", "--json"], ["summary", "x", "--top", "0"],
            ["compare", "a"], ["compare", "--to", "b"], ["compare", "a", "--to", "b", "--window", "load"],
            ["compare", "a", "--to", "b", "--fail-if", "speed > 5%"], ["compare", "a", "--to", "b", "--fail-if", "cpu_percent > fast"],
            ["compare", "a", "--to", "b", "--statistic", "mode"], ["compare", "a", "--where", "b=c"], ["compare", "a", "--to-where", "b"],
            ["plot", "x", "--column", "c", "--output", "q.png"], ["plot", "x", "--column", "c", "--output", "/no/such/place/q.svg"],
            ["report", "x", "--output", "q.svg"], ["compare", "a", "--to", "b", "--output", "/no/such/place/q.html"],
            ["matrix"], ["matrix", "a", "--check", "--dry-run"], ["matrix", "a", "--output", ""],
            ["--wrong", "status"],
        ])
    func wrongUsage(words: [String]) {
        #expect(status(of: words) == 64)
    }

    @Test("No example in a command's help is longer than a line of a terminal, which would break it where it can't be copied")
    func examples() {
        let commands: [any ParsableCommand.Type] = SondeCommand.configuration.subcommands
        let nested = commands.flatMap { $0.configuration.subcommands }
        for command in commands + nested {
            for line in command.configuration.discussion.split(separator: "\n") where line.contains(#/^ *sonde /#) {
                #expect(line.hasPrefix("  sonde ") && line.count <= 80, "\(line)")
            }
        }
    }

    private func message(of words: String...) -> String {
        do {
            _ = try Invocation.parsed(Invocation.arranged(words))
            return ""
        } catch {
            return (error as? CommandFailure)?.message ?? SondeCommand.message(for: error)
        }
    }

    @Test("A misspelt command is named with the one that may be meant, also behind options, with a slash and behind help")
    func misspelt() {
        for words in [["verfy", "x"], ["/verfy", "x"], ["--host", "h", "verfy"], ["help", "verfy"], ["help", "/verfy"]] {
            #expect(status(of: words) == 64)
        }
        #expect(message(of: "verfy", "x") == "There is no command `verfy`. Did you mean `verify`? `help` lists all.")
        #expect(message(of: "--port", "1", "/staus") == "There is no command `staus`. Did you mean `status`? `help` lists all.")
        #expect(message(of: "help", "recrod").contains("Did you mean `record`?"))
        #expect(message(of: "dance") == "There is no command `dance`. `help` lists all.")
    }

    @Test("A command to record that doesn't stand behind -- is shown where it belongs; other mistakes are named as they are")
    func recordTerminator() {
        let hint = "A command to record stands behind `--`: sonde record --output x -- make -j8"
        #expect(message(of: "record", "--output", "x", "make", "-j8") == hint)
        #expect(
            message(of: "record", "-o", "x y", "--smaps", "--interval=1s", "sh", "-c", "a b").hasSuffix(
                "record -o 'x y' --smaps --interval=1s -- sh -c 'a b'"))
        #expect(message(of: "record", "--frob", "make").contains("--frob"))
        #expect(!message(of: "record", "--interval", "5", "--", "make").contains("stands behind"))
        #expect(message(of: "record", "--output", "x", "--", "make", "-j8") == "")
    }

    @Test("Help and version are no errors")
    func helpAndVersion() {
        #expect(status(of: ["--help"]) == 0)
        #expect(status(of: ["--version"]) == 0)
        #expect(status(of: ["help", "record"]) == 0)
        #expect(status(of: ["--host", "h", "/help", "start"]) == 0)
    }

    @Test("An IPv6 address is put into brackets, with or without them given")
    func addresses() throws {
        for written in ["::1", "[::1]"] {
            #expect(try Endpoint(host: ("--host", written), port: nil).description == "[::1]:9880")
        }
        #expect(try Endpoint(host: nil, port: nil).description == "127.0.0.1:9880")
    }

    @Test("Several collectors are named with commas, each with its port, one port for all, or one for each")
    func severalCollectors() throws {
        func list(_ hosts: String, _ ports: String? = nil) throws -> [String] {
            try Endpoint.list(hosts: ("--host", hosts), ports: ports.map { ("--port", $0) }).map(\.description)
        }
        #expect(try list("a,b:7, [::1]:8") == ["a:9880", "b:7", "[::1]:8"])
        #expect(try list("a,b", "7") == ["a:7", "b:7"] && list("a,::1", "7,8") == ["a:7", "[::1]:8"])
        for (hosts, ports) in [("a,a", nil), ("a,", nil), ("a,b", "1,2,3"), ("a,b", "1,"), ("a:x", nil), ("a:0", nil), ("[a:1", nil)] {
            #expect(throws: ValidationError.self, "\(hosts) \(ports ?? "")") { try list(hosts, ports) }
        }
        let stop = try #require(try parse("--host", "a,b", "stop") as? StopCommand)
        #expect(try stop.connection.endpoints().count == 2)
        let error = #expect(throws: ValidationError.self) { try stop.connection.endpoint() }
        #expect(error?.message.contains("a:9880, b:9880") == true)
    }

    @Test("A wrong value is reported with the variable that it came from")
    func variableIsNamed() {
        let error = #expect(throws: ValidationError.self) { try Endpoint(host: nil, port: ("SONDE_PORT", "no")) }
        #expect(error?.message.contains("SONDE_PORT") == true)
    }
}

@Suite("A line of words") struct WordsTests {
    @Test(
        "A line splits as in a shell",
        arguments: [
            ("start test000", ["start", "test000"]), ("  mark\t'load on' ", ["mark", "load on"]),
            (#"a "b \" c" d\ e"#, ["a", #"b " c"#, "d e"]), ("x '' y", ["x", "", "y"]), ("", []), (#"'a\b'"#, [#"a\b"#]),
            ("a\"b c\"d", ["ab cd"]),
        ])
    func split(line: String, words: [String]) throws {
        #expect(try Words.split(line) == words)
    }

    @Test("A quotation that isn't closed is an error", arguments: ["'a", "\"a", "a\\"])
    func unclosed(line: String) {
        #expect(throws: ValidationError.self) { try Words.split(line) }
    }
}
