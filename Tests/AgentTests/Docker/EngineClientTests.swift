import NIOCore
import NIOPosix
import Testing

@testable import Agent

@Suite("The engine's client") struct EngineClientTests {
    private func client(_ path: String, connections: Int = 4) -> EngineClient {
        EngineClient(socket: path, group: MultiThreadedEventLoopGroup.singleton, connections: connections)
    }

    /// Runs a scripted engine during `body`.
    private func withEngine(
        connections: Int = 4, _ script: @escaping @Sendable (String, Int) -> [ScriptedEngine.Step],
        _ body: (EngineClient, ScriptedEngine) async throws -> Void
    ) async throws {
        let engine = try await ScriptedEngine(script)
        let client = client(engine.path, connections: connections)
        try await body(client, engine)
        client.close()
        try await engine.stop()
    }

    private func code(_ body: () async throws -> Void) async -> EngineError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? EngineError)?.code
        }
    }

    @Test("A socket that is absent is told apart and named")
    func absent() async throws {
        let client = client("/nowhere/docker.sock")
        await #expect {
            _ = try await client.get("/version", within: .seconds(600))
        } throws: { error in
            "\(error)" == "no Docker engine: /nowhere/docker.sock does not exist"
        }
    }

    @Test("A socket at which nobody listens is told apart")
    func refused() async throws {
        // Connecting to any file that isn't a socket is refused, as for a socket without a listener.
        let client = client("/dev/null")
        #expect(await code { _ = try await client.get("/version", within: .seconds(600)) } == .refused)
    }

    @Test("A path that is longer than a socket's may be is an error, not a crash")
    func longPath() async throws {
        let client = client("/" + String(repeating: "x", count: 200))
        #expect(await code { _ = try await client.get("/version", within: .seconds(600)) } == .badAnswer)
    }

    @Test("Requests one after another share one connection")
    func keepAlive() async throws {
        try await withEngine { target, _ in
            [ScriptedEngine.ok("\"\(target)\"")]
        } _: { client, engine in
            for number in 0..<5 {
                let body = try await client.get("/a\(number)", within: .seconds(600))
                #expect(String(buffer: body) == "\"/a\(number)\"")
            }
            #expect(engine.connectionCount == 1)
        }
    }

    @Test("No more connections are open than allowed, and every request is answered")
    func bounded() async throws {
        try await withEngine(connections: 3) { target, _ in
            [ScriptedEngine.ok(target)]
        } _: { client, engine in
            try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<50 {
                    group.addTask { String(buffer: try await client.get("/\(number)", within: .seconds(600))) }
                }
                var answers: Set<String> = []
                for try await answer in group { answers.insert(answer) }
                #expect(answers.count == 50)
            }
            #expect((1...3).contains(engine.connectionCount))
        }
    }

    @Test("A request that hangs ends at its deadline, and the others are answered meanwhile")
    func timeout() async throws {
        try await withEngine { target, _ in
            target == "/hangs" ? [] : [ScriptedEngine.ok("1")]
        } _: { client, _ in
            async let hanging = code { _ = try await client.get("/hangs", within: .milliseconds(300)) }
            for _ in 0..<20 { _ = try await client.get("/well", within: .seconds(600)) }
            #expect(await hanging == .timeout)
        }
    }

    @Test("Whoever waits for a connection in vain gets a timeout too")
    func waitsInVain() async throws {
        try await withEngine(connections: 1) { target, _ in
            target == "/hangs" ? [] : [ScriptedEngine.ok("1")]
        } _: { client, _ in
            async let hanging = code { _ = try await client.get("/hangs", within: .milliseconds(600)) }
            async let waiting = code { _ = try await client.get("/hangs", within: .milliseconds(200)) }
            #expect(await waiting == .timeout)
            #expect(await hanging == .timeout)
            // The connection of a request that timed out is closed and no longer counts.
            _ = try await client.get("/well", within: .seconds(600))
        }
    }

    @Test("An answer in chunks, split anywhere, is put together")
    func chunked() async throws {
        try await withEngine { _, _ in
            [ScriptedEngine.chunkedHead, ScriptedEngine.chunk("[1,"), .send("2\r\n2,"), .send("\r\n1\r"), .send("\n]\r\n0\r\n\r\n")]
        } _: { client, engine in
            for _ in 0..<2 {
                let body = try await client.get("/x", within: .seconds(600))
                #expect(String(buffer: body) == "[1,2,]")
            }
            #expect(engine.connectionCount == 1)
        }
    }

    @Test("A status other than 200 carries the engine's message, and the connection goes on")
    func status() async throws {
        try await withEngine { target, _ in
            target == "/bad" ? [ScriptedEngine.status(500, #"{"message":"it broke"}"#)] : [ScriptedEngine.ok("1")]
        } _: { client, engine in
            await #expect(throws: EngineError(.status(500), socket: engine.path, target: "/bad", message: "it broke")) {
                _ = try await client.get("/bad", within: .seconds(600))
            }
            _ = try await client.get("/good", within: .seconds(600))
            #expect(engine.connectionCount == 1)
        }
    }

    @Test("A connection cut in the middle of an answer is an error")
    func cut() async throws {
        try await withEngine { _, _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\":"), .close]
        } _: { client, _ in
            let got = await code { _ = try await client.get("/x", within: .seconds(600)) }
            #expect(got == .closed || got == .badAnswer)
        }
    }

    @Test("A kept connection that the engine has closed is replaced, and nobody notices")
    func replaced() async throws {
        try await withEngine { _, number in
            number == 1 ? [.close] : [ScriptedEngine.ok("1")]
        } _: { client, engine in
            _ = try await client.get("/a", within: .seconds(600))
            // The engine closes the connection after this request, before any byte of an answer.
            _ = try await client.get("/b", within: .seconds(600))
            #expect(engine.targets == ["/a", "/b", "/b"])
        }
    }

    @Test("Rubbish instead of HTTP is an error")
    func rubbish() async throws {
        try await withEngine { _, _ in
            [.send("\u{1}\u{2} no HTTP at all\r\n\r\n")]
        } _: { client, _ in
            #expect(await code { _ = try await client.get("/x", within: .seconds(600)) } == .badAnswer)
        }
    }

    @Test("An answer that is too large is refused before it is kept")
    func tooLarge() async throws {
        let piece = String(repeating: "x", count: 1 << 20)
        try await withEngine { _, _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 99000000\r\n\r\n")] + Array(repeating: .send(piece), count: 17)
        } _: { client, _ in
            #expect(await code { _ = try await client.get("/x", within: .seconds(600)) } == .tooLarge)
        }
    }

    @Test("A cancelled request ends at once")
    func cancelled() async throws {
        try await withEngine { _, _ in
            []
        } _: { client, _ in
            let task = Task { await code { _ = try await client.get("/x", within: .seconds(3600)) } }
            task.cancel()
            let got = await task.value
            #expect(got == .closed || got == .cancelled)
        }
    }

    @Test("The API version is the lower of the two, and below 1.41 there is no one-shot")
    func negotiation() async throws {
        for (engineVersion, target) in [
            ("1.24", "/v1.24/containers/x/stats?stream=false"), ("1.41", "/v1.41/containers/x/stats?stream=false&one-shot=true"),
            ("1.51", "/v1.41/containers/x/stats?stream=false&one-shot=true"),
        ] {
            try await withEngine { target, _ in
                [ScriptedEngine.ok(target == "/version" ? #"{"Version":"x","ApiVersion":"\#(engineVersion)"}"# : "{}")]
            } _: { client, engine in
                let api = EngineAPI(client: client)
                for _ in 0..<2 { _ = try await api.stats("x", within: .seconds(600)) }
                #expect(engine.targets == ["/version", target, target])
            }
        }
    }

    @Test("An answer that isn't the API's JSON is an error that names the request")
    func notTheAPI() async throws {
        try await withEngine { _, _ in
            [ScriptedEngine.ok("<html>")]
        } _: { client, _ in
            #expect(await code { try await EngineAPI(client: client).negotiate(within: .seconds(600)) } == .badAnswer)
        }
    }
}
