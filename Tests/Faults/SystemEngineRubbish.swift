/// Answers that no Docker engine should give.
struct EngineRubbish: Sendable {
    let name: String
    /// Whether only requests for counters get this answer.
    var isAboutCounters = false
    let script: EngineProxy.Script

    static let all = [
        Self(name: "no HTTP") { _ in .bytes(Array("220 mail.example ESMTP\r\n".utf8)) },
        Self(name: "nothing at all") { _ in .bytes([]) },
        Self(name: "an error") { _ in text("HTTP/1.1 500 Internal Server Error\r\n", #"{"message":"the disk is full"}"#) },
        Self(name: "no JSON") { _ in ok("<html>hello</html>") },
        Self(name: "other JSON") { _ in ok(#"["Id", {"Id": 5, "Pid": "x"}, null, true]"#) },
        Self(name: "half a chunk") { _ in .bytes(Array("\(head)Transfer-Encoding: chunked\r\n\r\nff\r\n{\"Id\":".utf8)) },
        Self(name: "a chunk of no size") { _ in .bytes(Array("\(head)Transfer-Encoding: chunked\r\n\r\nzz\r\n".utf8)) },
        Self(name: "a length beyond all") { _ in .bytes(Array("\(head)Content-Length: 99999999999999999999\r\n\r\n{}".utf8)) },
        Self(name: "headers without an end") { _ in .endless(head: Array(head.utf8), again: Array("X-More: and more\r\n".utf8)) },
        Self(name: "a body without an end") { _ in endless("", blanks) },
        Self(name: "a depth without an end") { _ in endless("", [UInt8](repeating: UInt8(ascii: "["), count: 1 << 12)) },
        Self(name: "a list without an end") { $0.hasSuffix("/containers/json") ? endless("[", blanks) : .forward },
        Self(name: "wrong types in the right places") { target in
            if target.hasSuffix("/version") { return ok(#"{"Version": "1", "ApiVersion": "999999999999999999999.1"}"#) }
            if target.contains("/stats") { return ok(#"{"cpu_stats": {"cpu_usage": {"total_usage": -1e400}}, "memory_stats": []}"#) }
            return .forward
        },
        Self(name: "an impossible process") { target in
            if target.hasSuffix("/containers/json") || !target.hasSuffix("/json") { return .forward }
            return ok(#"{"Id":"x","Name":"","State":{"Pid":99999999999}}"#)
        },
        Self(name: "events that are none") { target in
            target.contains("/events") ? .bytes(Array("\(head)\r\n{}\n\n[1]\nx\n".utf8)) : .forward
        },
        Self(name: "an event without an end") { target in
            target.contains("/events") ? endless("{\"Action\":\"", [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 16)) : .forward
        },
        Self(name: "counters out of all bounds", isAboutCounters: true) { target in
            if !target.contains("/stats") { return .forward }
            return ok(
                #"{"read":"9999-99-99T99:99:99Z","cpu_stats":{"cpu_usage":{"total_usage":99999999999999999999999},"online_cpus":-4}}"#)
        },
        Self(name: "deep counters", isAboutCounters: true) { target in
            if !target.contains("/stats") { return .forward }
            return ok(String(repeating: #"{"cpu_stats":"#, count: 50_000) + "1" + String(repeating: "}", count: 50_000))
        },
        Self(name: "pieces of a byte or two") { _ in .slowly(bytes: 2, pause: .milliseconds(1)) },
        Self(name: "silence") { _ in .silence },
    ]

    private static let head = "HTTP/1.1 200 OK\r\n"
    private static let blanks = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 16)

    private static func ok(_ body: String) -> EngineProxy.Answer { text(head, body) }

    private static func text(_ head: String, _ body: String) -> EngineProxy.Answer {
        .bytes(Array("\(head)Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8))
    }

    /// A body without a length, which lasts until the connection ends.
    private static func endless(_ begin: String, _ again: [UInt8]) -> EngineProxy.Answer {
        .endless(head: Array("\(head)\r\n\(begin)".utf8), again: again)
    }
}
