import StatsCore
import Testing

@testable import CLI

@Suite("The plan of a matrix") struct MatrixPlanTests {
    static func plan(_ text: String) throws(DocumentFaults) -> MatrixPlan { try MatrixPlanReader.read(Array(text.utf8), name: "test") }

    private func faults(_ text: String) -> [String] {
        do throws(DocumentFaults) {
            _ = try Self.plan(text)
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }

    @Test("Each key is read, and levels are the texts that the plan has, however a number could be written otherwise")
    func whole() throws {
        let plan = try Self.plan(
            """
            name: study
            factors: {cache: ["off", "on"], share: [0.50, 1.0, true]}
            exclude:
              - {cache: "off", share: 1.0}
            repetitions: 3
            seed: 9
            interval: 200ms
            setup: "a $SONDE_LEVEL_cache"
            load: |
              b "${SONDE_LEVEL_share}"
              c $SONDE_MATRIX_RUN
            teardown: d
            warm_up: 1s
            duration: 60s
            cool_down: 0
            on_failure: continue
            collector: "[::1]:9880"
            expect: 2
            note: why
            """)
        #expect(plan.factors == [.init(name: "cache", levels: ["off", "on"]), .init(name: "share", levels: ["0.50", "1.0", "true"])])
        #expect(plan.exclude == [["cache": "off", "share": "1.0"]] && plan.repetitions == 3 && plan.seed == 9)
        #expect(plan.load == "b \"${SONDE_LEVEL_share}\"\nc $SONDE_MATRIX_RUN\n" && plan.setup == "a $SONDE_LEVEL_cache")
        #expect(plan.course.warmUp == .seconds(1) && plan.course.duration == .seconds(60) && plan.course.coolDown == nil)
        #expect(plan.onFailure == .continue && plan.expect == 2 && plan.note == "why" && plan.interval == "200ms")
        #expect(MatrixPlanReader.endpoint(plan.collector ?? "") == Endpoint(host: "::1", port: 9880))
        #expect(MatrixOrder.cells(plan).count == 5)
    }

    @Test(
        "What can't be meant is a fault that names its line and what to write instead",
        arguments: [
            ("load: a", "line 1: `factors` is missing; write factors: and below it `name: [level, level]` for each"),
            ("factors: {a: []}\nload: b", "line 1: factors.a: has 0 levels; a factor has 1 to 1000"),
            ("factors: {}\nload: b", "line 1: factors: has 0 factors; there are 1 to 30"),
            ("factors: {a: [1, \"1\"]}\nload: b", "line 1: factors.a[1]: the level `1` stands twice"),
            ("factors: {a: [1]}", "line 1: nothing says how long a run lasts: give it a `load`, a command that ends, or a `duration`"),
            ("factors: {a: [1]}\nload: b\nrepetition: 2", "line 3: unknown key `repetition`; did you mean `repetitions`?"),
            (
                "factors: {cache: [1]}\nload: echo $SONDE_LEVEL_cash",
                "line 2: load: there is no variable `SONDE_LEVEL_cash`; did you mean `SONDE_LEVEL_cache`?"
            ),
            (
                "factors: {a: [\"on\"]}\nload: b\nexclude: [{a: of}]",
                "line 3: exclude[0].a: `a` has no level `of`; did you mean `on`?"
            ),
            ("factors: {a: [1]}\nload: b\nexclude: [{b: 1}]", "line 3: exclude[0]: unknown key `b`; did you mean `a`?"),
            ("factors: {a: [1]}\nload: b\nexclude: [{a: 1}]", "line 1: `exclude` leaves out every combination"),
            (
                "factors: {a: [1, 2, 3]}\nload: b\nrepetitions: 5000",
                "line 1: has 15000 runs, of which a plan may have 10000: take fewer levels or repetitions, or several plans"
            ),
            (
                "factors: {verdict: [1]}\nload: b",
                "line 1: factors: the factor `verdict` can't be called so: a name has ASCII letters, digits and _, begins with a letter, and is none of attempts, began, directory, ended, given_up, matrix, reason, repetition, run, state, ticks_counted, verdict"
            ),
            (
                "factors: {a: [1]}\nload: b\ncollector: elsewhere",
                "line 3: collector: has to be the address of a collector's control port, `host:port`, such as 192.168.0.2:9880, not `elsewhere`"
            ),
            (
                "factors: {a: [1]}\nload: b\nexpect: 2",
                "line 3: expect: is for a collector elsewhere: say `collector: host:port`, or leave it out"
            ),
            (
                "factors: {a: [1]}\nload: b\nrecord: [--output=x]",
                "line 3: record: `--output=x` can't stand here: only options of sonde record that say what is recorded can, such as --units=none"
            ),
            (
                "factors: {a: [1]}\nload: b\ninterval: 2h",
                "line 3: interval: has to be a time from 10ms to 1h, such as 30s or 5m, not the text \"2h\""
            ),
            (
                "factors: {a: [1]}\nload: b\nduration: 500ms",
                "line 3: duration: is shorter than the interval, 1s, so that no tick may fall into it: take a longer one"
            ),
            (
                "factors: {a: [1]}\nload: b\nnote: \(String(repeating: "x", count: 4097))",
                "line 3: note: has 4097 bytes; a note has at most 4096"
            ),
        ])
    func refused(text: String, message: String) {
        #expect(faults(text) == [message])
    }

    @Test("All faults are told at once")
    func allFaults() {
        #expect(faults("factors: {\"a-b\": [1]}\nrepetitions: 0\non_failure: go\nrecord: [--unit]\nload: b").count == 4)
    }

    @Test("Two plans differ in the keys that are named, and not in what has no influence on a run")
    func differences() throws {
        let one = try Self.plan("factors: {a: [1, 2]}\nload: b\n")
        var other = one
        other.onFailure = .continue
        #expect(try other.differences(from: one).isEmpty)
        other.factors[0] = .init(name: "a", levels: ["1", "3"])
        other.load = "c"
        other.warmUp = "1s"
        #expect(
            try other.differences(from: one) == [
                #"factors was [{"levels":["1","2"],"name":"a"}] and is [{"levels":["1","3"],"name":"a"}]"#, #"load was "b" and is "c""#,
                #"warm_up was nothing and is "1s""#,
            ])
    }
}

@Suite("The order of a matrix") struct MatrixOrderTests {
    private func plan(_ seed: UInt64) throws -> MatrixPlan {
        var plan = try MatrixPlanTests.plan("factors: {a: [1, 2], b: [x, y, z]}\nrepetitions: 4\nload: c")
        plan.seed = seed
        return plan
    }

    @Test("Each repetition has each combination once, and all runs of one come before those of the next")
    func blocks() throws {
        for seed in 0..<20 as Range<UInt64> {
            let runs = MatrixOrder.runs(try plan(seed))
            #expect(runs.map(\.number) == Array(1...24))
            for block in 0..<4 {
                let part = runs[block * 6..<block * 6 + 6]
                #expect(part.allSatisfy { $0.repetition == block + 1 } && Set(part.map(\.levels)).count == 6)
            }
        }
    }

    @Test("The same seed gives the same order, with every version; another seed gives another")
    func seeds() throws {
        let runs = MatrixOrder.runs(try plan(7))
        #expect(runs.prefix(6).map { $0.levels.joined() } == ["2z", "2y", "1y", "2x", "1x", "1z"])
        #expect(try MatrixOrder.runs(plan(7)) == runs)
        #expect(try MatrixOrder.runs(plan(8)) != runs)
    }

    @Test("Over many seeds each combination has each place about as often as any other")
    func uniform() throws {
        var counts: [String: Int] = [:]
        for seed in 0..<1500 as Range<UInt64> {
            for (place, run) in MatrixOrder.runs(try plan(seed)).prefix(6).enumerated() {
                counts["\(run.levels) \(place)", default: 0] += 1
            }
        }
        // 250 each, with a standard deviation of 14.
        #expect(counts.count == 36 && counts.values.allSatisfy { (180...320).contains($0) })
    }
}
