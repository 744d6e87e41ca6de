import Testing

@testable import StatsCore

@Suite("A target to scrape") struct ScrapeTargetTests {
    private func failure(_ arguments: String...) -> String? {
        do throws(ScrapeTarget.Failure) {
            _ = try ScrapeTarget.all(arguments)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("A name and a URL make a target, whose path is /metrics unless the URL has one")
    func parts() throws {
        let plain = try ScrapeTarget("app=http://localhost:8080")
        #expect(plain.name == "app" && plain.host == "localhost" && plain.port == 8080 && plain.path == "/metrics" && !plain.isTLS)
        #expect(try ScrapeTarget("a=http://h/").path == "/metrics" && ScrapeTarget("a=http://h/").port == 80)
        #expect(try ScrapeTarget("a=http://h?x=1").path == "/metrics?x=1")
        let address = try ScrapeTarget("db-1.x=https://[::1]:9100/probe?target=a%20b")
        #expect(address.host == "::1" && address.isTLS && address.path == "/probe?target=a%20b" && address.authority == "[::1]:9100")
        #expect(try ScrapeTarget("a=HTTPS://h/x").authority == "h")
    }

    @Test("What a run says of a target has no query, in which there may be a secret")
    func shown() throws {
        #expect(try ScrapeTarget("a=http://h:1/x?token=secret").shownURL == "http://h:1/x")
    }

    @Test("A user and a password in a URL are refused, and not repeated")
    func userinfo() throws {
        let words = try #require(failure("app=http://me:hunter2@host/metrics"))
        #expect(words.contains("password") && !words.contains("hunter2") && !words.contains("host/"))
    }

    @Test(
        "What is no target is refused with what is wrong with it",
        arguments: [
            ("http://h/metrics", "NAME=URL"), ("=http://h", "NAME=URL"), ("a b=http://h", "NAME=URL"), ("a=h:80", "begins with http"),
            ("a=ftp://h", "begins with http"), ("a=http:h", "begins with http"), ("a=http://", "no host"), ("a=http://h:0", "port"),
            ("a=http://h:70000", "port"), ("a=http://[::1", "brackets"), ("a=http://::1/", "brackets"), ("a=http://h/x y", "%20"),
            ("a=http://h/\r\nX: y", "%20"), ("a=http://h/#x", "fragment"),
        ])
    func refused(argument: String, words: String) { #expect(failure(argument)?.contains(words) == true) }

    @Test("Two targets of one name are refused")
    func twice() {
        #expect(failure("a=http://h", "b=http://h") == nil)
        #expect(failure("a=http://h", "a=http://i")?.contains("two targets a") == true)
    }
}
