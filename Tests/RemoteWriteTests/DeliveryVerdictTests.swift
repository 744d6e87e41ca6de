import ArgumentParser
import FoundationEssentials
import NIOCore
import NIOHTTP1
import StatsCore
import Testing

@testable import RemoteWrite

@Suite("What a receiver's answer means") struct VerdictTests {
    private static func verdict(
        _ status: Int, _ body: String = "", _ headers: HTTPHeaders = [:], to protocol: RemoteWriteProtocol = .one
    ) -> DeliveryVerdict {
        let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
        return DeliveryVerdict(HTTPAnswer(head: head, body: ByteBuffer(string: body)), to: `protocol`)
    }

    @Test("A request is tried again after 429 and 5xx alone, when the receiver says, and never later than in five minutes")
    func later() {
        for status in [401, 403, 404, 405, 407, 408, 429, 500, 503] {
            guard case .later(nil, let reason) = Self.verdict(status, "busy") else {
                Issue.record("\(status)")
                continue
            }
            #expect(reason.hasPrefix("it answers \(status) ") && reason.hasSuffix(": busy"))
        }
        #expect(Self.verdict(429, "", ["Retry-After": "7"]).wait == .seconds(7))
        for seconds in ["301", "1e300", "inf", String(repeating: "9", count: 40)] {
            #expect(Self.verdict(503, "", ["Retry-After": seconds]).wait == .seconds(300))
        }
        for seconds in ["-1", "nan", ""] { #expect(Self.verdict(503, "", ["Retry-After": seconds]).wait == nil) }
        #expect(Self.verdict(503, "", ["Retry-After": "Fri, 27 Nov 2026 10:00:00 GMT"]).wait == nil)
        for status in [402, 406, 409] {
            guard case .refused = Self.verdict(status) else {
                Issue.record("\(status)")
                continue
            }
        }
        for status in [400, 413, 422] {
            guard case .split = Self.verdict(status, "no") else {
                Issue.record("\(status)")
                continue
            }
        }
    }

    @Test("A page or a redirect says nothing of the samples, which wait")
    func strangers() {
        for verdict in [Self.verdict(200, " <!DOCTYPE html>"), Self.verdict(302, "", ["Location": "https://x/login?token=secret"])] {
            guard case .later(nil, let reason) = verdict else {
                Issue.record("\(verdict)")
                continue
            }
            #expect((reason.contains("HTML") || reason.contains("https://x/login")) && !reason.contains("secret"))
        }
    }

    @Test("Version 2.0 is answered with how many samples were written; who doesn't say so, or says 415, gets 1.0")
    func versions() {
        #expect(Self.verdict(204, to: .one) == .taken(written: nil))
        #expect(Self.verdict(204, "", ["X-Prometheus-Remote-Write-Samples-Written": "5"], to: .two) == .taken(written: 5))
        #expect(Self.verdict(204, to: .two) == .otherVersion)
        #expect(Self.verdict(415, to: .two) == .otherVersion)
        #expect(
            Self.verdict(400, "too long", ["X-Prometheus-Remote-Write-Samples-Written": "3"], to: .two)
                == .partly(.written(3), reason: "it answers 400 Bad Request: too long"), "a part of it")
        guard case .refused = Self.verdict(415, to: .one) else { return #expect(Bool(false), "there is no other version") }
    }
}

@Suite("What an answer to OTLP means") struct OTLPVerdictTests {
    private static func verdict(_ status: Int, _ body: [UInt8] = [], _ headers: HTTPHeaders = [:]) -> DeliveryVerdict {
        let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
        return DeliveryVerdict(HTTPAnswer(head: head, body: ByteBuffer(bytes: body)), to: .otlp)
    }

    @Test("429, 502, 503 and 504 are asked again, when the receiver says, and so is what says nothing of the points; another status is not")
    func statuses() {
        for status in [429, 502, 503, 504] { #expect(Self.verdict(status, [], ["Retry-After": "7"]).wait == .seconds(7)) }
        // google.rpc.Status: code, message.
        for status in [400, 413, 415, 500, 501] {
            guard case .refused(let reason) = Self.verdict(status, [0x08, 3, 0x12, 2] + Array("no".utf8)) else {
                Issue.record("\(status)")
                continue
            }
            #expect(reason.hasPrefix("it answers \(status)") && reason.hasSuffix(": no"))
        }
        guard case .later(nil, let reason) = Self.verdict(404, Array("404 page not found\n".utf8)) else { return #expect(Bool(false)) }
        #expect(reason.hasSuffix(": 404 page not found"), "words that are no message, without the line's end")
        guard case .later = Self.verdict(200, Array("<html>".utf8)) else { return #expect(Bool(false), "a page") }
    }

    @Test("Of a part no more counts than there is", arguments: [(-1, 0, 5), (2, 2, 3), (9, 5, 0)])
    func parts(told: Int, written: Int, left: Int) {
        #expect(DeliveryVerdict.Part.written(told).written(of: 5) == written && DeliveryVerdict.Part.rejected(told).written(of: 5) == left)
    }

    @Test("What a receiver says that it rejects is a part; an empty answer, or one that is no message, is none")
    func partial() {
        let partial: [UInt8] = [0x08, 0xac, 0x02, 0x12, 3] + Array("old".utf8)
        let part = Self.verdict(200, [0x0a, UInt8(partial.count)] + partial)
        #expect(part == .partly(.rejected(300), reason: "it answers 200 OK: old"))
        #expect(
            Self.verdict(200, [0x0a, 5, 0x12, 3] + Array("slow".utf8.prefix(3))) == .partly(.rejected(0), reason: "it answers 200 OK: slo"))
        for body in [[], Array("{}".utf8), [0x0a, 0], [0xff, 0xff], [0x0a, 200, 1]] as [[UInt8]] {
            #expect(Self.verdict(200, body) == .taken(written: nil))
        }
        let negative = [0x08] + [UInt8](repeating: 0xff, count: 9) + [1]
        #expect(Self.verdict(200, [0x0a, UInt8(negative.count)] + negative) == .taken(written: nil))
    }
}

extension DeliveryVerdict {
    fileprivate var wait: Duration? {
        if case .later(let after, _) = self { after } else { nil }
    }
}

@Suite("Proxies") struct ProxyChoiceTests {
    @Test("Targets are reached as curl would reach them")
    func choice() throws {
        let proxies = try ProxyChoice([
            "http_proxy": "http://user:pass@proxy:3128", "HTTPS_PROXY": "other:8080",
            "NO_PROXY": "localhost, .inside.example,10.0.0.1:8428",
        ])
        func proxy(_ url: String) throws -> String? { try proxies.proxy(for: WebAddress(url)).map { "\($0.host):\($0.port)" } }
        #expect(try proxy("http://a.example/w") == "proxy:3128")
        #expect(try proxies.proxy(for: WebAddress("http://a.example/w"))?.authorization == "Basic dXNlcjpwYXNz")
        #expect(try proxy("https://a.example/w") == "other:8080")
        #expect(try proxy("http://localhost:9090/w") == nil)
        #expect(try proxy("http://x.inside.example/w") == nil && proxy("http://inside.example/w") == nil)
        #expect(try proxy("http://10.0.0.1:8428/w") == nil && proxy("http://10.0.0.1:9090/w") == "proxy:3128")
        #expect(try ProxyChoice([:]).proxy(for: WebAddress("http://a/w")) == nil)
    }

    @Test("A user and a password of a proxy are those that the URL's escapes stand for; one without a password has an empty one")
    func login() throws {
        func login(_ text: String) throws -> String? {
            let proxy = try ProxyChoice(["http_proxy": "http://\(text)@proxy:3128"]).proxy(for: WebAddress("http://a.example/w"))
            return proxy?.authorization?.split(separator: " ").last.flatMap { Data(base64Encoded: String($0)) }
                .map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(try login("us%65r:p%40ss%3aw%2Frd%25") == "user:p@ss:w/rd%")
        #expect(try login("%C3%A9:%E2%82%AC") == "é:€")
        #expect(try login("user") == "user:" && login("user:") == "user:")
        for text in ["user:100%", "user:%4", "user:%zz", "user:%+1"] {
            #expect {
                try login(text)
            } throws: { "\($0)".contains("%25") && !"\($0)".contains(text) }
        }
    }

    @Test("A variable that names no proxy is an error that names it, without its password")
    func rubbish() {
        for value in ["http://user:secret@", "https://user:secret@proxy", "ftp://user:secret@proxy"] {
            #expect {
                try ProxyChoice(["HTTP_PROXY": value])
            } throws: { "\($0)".contains("HTTP_PROXY") && !"\($0)".contains("secret") }
        }
    }
}

@Suite("The options of remote write") struct RemoteWriteSettingsTests {
    private static func fault(_ words: String...) -> String {
        do {
            _ = try RemoteWriteSettings(RemoteWriteOptions.parse(words), environment: [:])
            return ""
        } catch {
            return RemoteWriteOptions.message(for: error)
        }
    }

    @Test("OTLP goes to the path of the URL, or to the one that its specification names")
    func path() throws {
        func path(_ url: String) throws -> String? {
            let words = ["--remote-write=\(url)", "--remote-write-protocol=otlp"]
            return try RemoteWriteSettings(RemoteWriteOptions.parse(words), environment: [:])?.targets.first?.path
        }
        #expect(try path("http://a:4318") == "/v1/metrics" && path("http://a:4318/") == "/v1/metrics")
        #expect(try path("http://a:9090/api/v1/otlp/v1/metrics") == "/api/v1/otlp/v1/metrics")
    }

    @Test("What can't be meant is an error that names the option and what it takes")
    func faults() {
        let url = "--remote-write=http://a/api/v1/write"
        #expect(Self.fault(url).isEmpty)
        #expect(Self.fault("--remote-write=nonsense").contains("http:// or https://"))
        #expect(Self.fault("--remote-write=http://user:secret@a/w").contains("list of processes"))
        #expect(!Self.fault("--remote-write=http://user:secret@a/w").contains("secret@"))
        #expect(Self.fault("--remote-write=http://a").contains("/api/v1/write"))
        #expect(Self.fault(url, url).contains("twice"))
        #expect(Self.fault("--remote-write-interval=10s").contains("--remote-write-interval"))
        #expect(Self.fault(url, "--remote-write-label=1=b").contains("NAME=VALUE"))
        #expect(Self.fault(url, "--remote-write-label=__name__=b").contains("NAME=VALUE"))
        #expect(Self.fault(url, "--remote-write-header=nonsense").contains("X-Scope-OrgID"))
        #expect(Self.fault(url, "--remote-write-header=Authorization: x").contains("--remote-write-token-file"))
        #expect(Self.fault(url, "--remote-write-user=a").contains("go together"))
        #expect(Self.fault(url, "--remote-write-token-file=/nowhere/token").contains("/nowhere/token"))
        #expect(Self.fault(url, "--remote-write-queue=64KiB").contains("1MiB"))
        #expect(Self.fault("--remote-write=http://a", "--remote-write-protocol=otlp").isEmpty)
        #expect(Self.fault(url, "--remote-write-protocol=3.0").contains("otlp"))
        #expect(Self.fault(url, "--remote-write-connections=0").contains("1 to 64"))
    }
}
