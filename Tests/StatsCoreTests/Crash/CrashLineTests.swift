import Testing

@testable import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("The line of a crash") struct CrashLineTests {
    @Test("It names the signal, the function whose check failed, and the one that called it; the program ends by that signal")
    func names() async throws {
        let result = await #expect(processExitsWith: .signal(SIGILL), observing: [\.standardErrorContent]) {
            CrashLine.install(program: "sonde-test", version: "1.2.3")
            outerFunctionOfTheCrash(100)
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("sonde-test 1.2.3 crashed: SIGILL") })
        let functions = line.split(separator: " < ")
        #expect(functions.count >= 2)
        #expect(functions[0].contains("innerFunctionOfTheCrash") && functions[1].contains("outerFunctionOfTheCrash"))
        #expect(functions[0].wholeMatch(of: /.+ in [^ ]+\+0x[0-9a-f]+ \(0x[0-9a-f]+\)/) != nil)
    }

    @Test("Of a signal that somebody has sent, it says so", arguments: [SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGTRAP])
    func sent(_ signal: Int32) async throws {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent, \.exitStatus]) { [signal] in
            CrashLine.install(program: "sonde-test", version: "1.2.3")
            kill(getpid(), signal)
            // Another thread may be the one that gets it.
            while true { pause() }
        }
        let ended = try #require(result)
        #expect(ended.exitStatus == .signal(signal))
        #expect(String(decoding: ended.standardErrorContent, as: UTF8.self).contains(", sent by a process in "))
    }

    @Test("A broken stack ends the list of callers, and nothing worse")
    func brokenStack() async throws {
        let result = await #expect(processExitsWith: .signal(SIGSEGV), observing: [\.standardErrorContent]) {
            CrashLine.install(program: "sonde-test", version: "1.2.3")
            // A call to nowhere: there is neither a function nor a return address that leads on.
            typealias Function = @convention(c) () -> Void
            unsafeBitCast(UInt(8), to: Function.self)()
        }
        #expect(String(decoding: try #require(result).standardErrorContent, as: UTF8.self).contains("SIGSEGV (bad memory access) in 0x8"))
    }
}

@inline(never) private func innerFunctionOfTheCrash(_ number: Int8) -> Int8 { number + 100 }
@inline(never) private func outerFunctionOfTheCrash(_ number: Int8) { print(innerFunctionOfTheCrash(number)) }
