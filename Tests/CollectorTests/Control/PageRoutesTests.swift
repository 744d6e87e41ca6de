import NIOCore
import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("The page") struct PageRoutesTests {
    @Test("The page is less than 100 KB in all, and names nothing that the collector doesn't serve")
    func files() {
        let files = PageRoutes.files.mapValues { String(buffer: $0.bytes) }
        let descriptions = files["/fields.json"]?.utf8.count ?? 0
        #expect(files.values.reduce(0) { $0 + $1.utf8.count } - descriptions < 100_000 && descriptions < 17_000)
        var named: Set<String> = ["/"]
        for text in files.values {
            named.formUnion(text.matches(of: #/(?:from |import\()'\./([a-z_]+\.js)'/#).map { "/\($0.1)" })
            named.formUnion(text.matches(of: #/fetch\('([a-z.]+)'/#).map { "/\($0.1)" })
            named.formUnion(text.matches(of: #/<(?:link|script)[^>]*(?:href|src)="([^"]+)"/#).map { "/\($0.1)" })
            #expect(!text.contains("innerHTML") && !text.contains("style=\""), "markup from values, or what the security policy forbids")
        }
        #expect(named == Set(files.keys))
    }

    @Test("The page comes without the token, its values don't")
    func token() async throws {
        let directory = try ScratchDirectory()
        try await ControlPort.with(directory.path, token: Token()) { port in
            for (path, file) in PageRoutes.files {
                let answer = try await port.ask(path)
                #expect(answer.status == 200 && answer.has("content-type: \(file.type)"), "\(path)")
            }
            for path in ["/stream", "/runs", "/containers", "/table"] { #expect(try await port.ask(path).status == 401, "\(path)") }
        }
    }
}
