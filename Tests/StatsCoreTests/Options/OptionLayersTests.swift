import ArgumentParser
import Foundation
import StatsCore
import TestSupport
import Testing

@Suite("Layers of options") struct OptionLayersTests {
    private struct Options: ParsableArguments {
        @Option(help: "How often. (default: the usual)")
        var often: String?

        @Option(help: "A time.")
        var time = Interval.seconds(90)

        @Option(help: "How much.")
        var size = DiskSize.mebibytes(256)

        @Option(help: "Names.")
        var name: [String] = []

        @Flag(help: "All of it.")
        var everything = false

        @Option(help: "A configuration file.")
        var config: String?
    }

    /// Parses with a configuration file of this text, if any.
    private func parse(_ words: [String] = [], _ environment: [String: String] = [:], file: String? = nil) throws -> Options {
        guard let file else { return try Options.layered(words, environment: environment) }
        let path = FileManager.default.temporaryDirectory.appending(path: "sonde-options-\(UUID().uuidString).json").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(file.utf8).write(to: URL(filePath: path))
        return try Options.layered(["--config", path] + words, environment: environment)
    }

    private func complaint(_ words: [String] = [], _ environment: [String: String] = [:], file: String? = nil) -> String {
        do {
            _ = try parse(words, environment, file: file)
            return ""
        } catch {
            return Options.message(for: error)
        }
    }

    @Test("Everything about an option comes from its declaration")
    func declared() {
        let all = DeclaredOption.all(of: Options.self)
        #expect(all.map(\.name) == ["often", "time", "size", "name", "everything", "config"])
        #expect(all.map(\.kind) == [.value, .value, .value, .list, .flag, .value])
        #expect(all.map(\.defaultValue) == ["the usual", "90s", "256MiB", nil, nil, nil])
        #expect(all[0].flag == "--often" && all[0].variable == "SONDE_OFTEN")
    }

    @Test("A flag beats its variable, that beats the file, that beats the default")
    func order() throws {
        let file = #"{"often": "file", "time": "1s"}"#
        #expect(try parse().often == nil)
        #expect(try parse(file: file).often == "file")
        #expect(try parse([], ["SONDE_OFTEN": "variable"], file: file).often == "variable")
        for words in [["--often", "flag"], ["--often=flag"]] {
            #expect(try parse(words, ["SONDE_OFTEN": "variable"], file: file).often == "flag")
        }
        #expect(try parse(file: file).time == .seconds(1))
    }

    @Test("A list of an upper layer takes the place of a lower one's; variables and files list with commas")
    func lists() throws {
        let file = #"{"name": "a, b"}"#
        #expect(try parse(file: file).name == ["a", "b"])
        #expect(try parse([], ["SONDE_NAME": "c"], file: file).name == ["c"])
        #expect(try parse(["--name", "d", "--name=e,f"], ["SONDE_NAME": "c"], file: file).name == ["d", "e,f"])
    }

    @Test("A switch in a variable or a file is true, false, 1 or 0; false of an upper layer beats true of a lower one")
    func switches() throws {
        #expect(try parse(file: #"{"everything": true}"#).everything)
        #expect(try parse([], ["SONDE_EVERYTHING": "1"]).everything)
        #expect(try !parse([], ["SONDE_EVERYTHING": "false"], file: #"{"everything": true}"#).everything)
        #expect(try parse(["--everything"], ["SONDE_EVERYTHING": "0"]).everything)
        #expect(complaint([], ["SONDE_EVERYTHING": "maybe"]) == #"SONDE_EVERYTHING takes true or false, not "maybe""#)
    }

    @Test("An empty variable is one that isn't there")
    func empty() throws {
        let empty = ["SONDE_OFTEN": "", "SONDE_TIME": "", "SONDE_NAME": "", "SONDE_EVERYTHING": "", "SONDE_CONFIG": ""]
        let read = try parse([], empty, file: nil)
        #expect(read.often == nil && read.time == .seconds(90) && read.name.isEmpty && !read.everything)
        #expect(try parse([], empty, file: #"{"often": "file"}"#).often == "file")
    }

    @Test("Whoever gives a bad value is named: flag, variable or key of the file; what a higher layer says instead isn't looked at")
    func faults() {
        #expect(complaint(["--time", "soon"]).contains("The value 'soon' is invalid for '--time <time>'"))
        #expect(complaint([], ["SONDE_TIME": "soon"]).contains("SONDE_TIME: The value 'soon' is invalid for '--time <time>'"))
        let file = complaint(file: #"{"size": 5}"#)
        #expect(file.contains(".json: size: The value '5' is invalid for '--size <size>'") && file.contains("How much."))
        #expect(complaint(["--time", "1s"], ["SONDE_TIME": "soon"]) == "")
        for time in ["1s", "soon"] { #expect(complaint(["--unknown"], ["SONDE_TIME": time]).contains("--unknown")) }
    }

    @Test("A key that is no option, the file's own name too, is refused by name; so is a file that can't be read")
    func unknown() {
        let text = complaint(file: #"{"oftn": "x"}"#)
        #expect(text.contains(#"unknown key "oftn""#) && text.contains("everything, name, often"))
        #expect(complaint(file: #"{"config": "x"}"#).contains(#"unknown key "config""#))
        #expect(complaint(file: "[]").contains("is no JSON object"))
        #expect(complaint(["--config", "/nonexistent.json"]).contains("/nonexistent.json"))
        #expect(complaint([], ["SONDE_CONFIG": "/nonexistent.json"]).contains("/nonexistent.json"))
    }

    @Test("A key that stands twice is refused with both lines, however it is written")
    func twice() {
        for again in [#""often""#, #""\u006fften""#] {
            let text = complaint(file: "{\"often\": \"x\",\n \"name\": \"often\",\n \(again): \"y\"}")
            #expect(text.contains(#"the key "often" stands on line 1 and on line 3"#), "\(text)")
        }
        #expect(complaint(file: #"{"nonsense": 1, "nonsense": 2}"#).contains("stands on line 1 and on line 1"))
    }

    @Test("NUL and other control characters are refused with their line, bare and written as an escape")
    func controls() {
        #expect(complaint(file: "{\"often\":\n\"a\u{0}b\"}").contains(", line 2: a control character"))
        #expect(complaint(file: "{\"often\": \"x\"}\n\u{0}").contains(", line 2: a control character"))
        #expect(complaint(file: "{\n\"often\": \"a\u{7f}b\"}").contains(", line 2: a control character"))
        for escape in ["\\u0000", "\\n", "\\u001b", "\\t"] {
            let text = complaint(file: "{\n\n\"often\": \"a\(escape)b\"}")
            #expect(text.contains(#", line 3: "often" holds a control character"#), "\(text)")
        }
        #expect(complaint(file: "{\r\n\t\"often\": \"x\"}\r\n") == "")
    }

    @Test("A file of sixteen times as many keys takes about sixteen times as long to refuse")
    func manyKeys() {
        let growth = Growth.of(400) { count in
            complaint(file: "{" + (0..<count).map { "\"key\($0)\": 1" }.joined(separator: ",\n") + "}")
        }
        #expect(growth < Growth.linearLimit)
    }

    @Test("Help is given whatever variables and files say")
    func help() {
        for environment in [["SONDE_CONFIG": "/nonexistent.json"], ["SONDE_TIME": "soon"], ["SONDE_EVERYTHING": "maybe"]] {
            let error = #expect(throws: (any Error).self) { try parse(["--help"], environment) }
            #expect(error.map { Options.exitCode(for: $0).isSuccess } == true)
        }
    }

    @Test("A value may look like an option, and what stands behind -- is nobody's")
    func looks() throws {
        #expect(try parse([], ["SONDE_OFTEN": "--time"]).often == "--time")
        let layers = try OptionLayers(
            DeclaredOption.all(of: Options.self), commandLine: ["--", "--often", "x"], environment: ["SONDE_OFTEN": "variable"])
        #expect(layers["often"]?.values == ["variable"] && layers["often"]?.origin == "SONDE_OFTEN")
        #expect(layers.words == ["--often=variable", "--", "--often", "x"])
    }

    @Test(
        "A size is shown as it is written", arguments: ["64KiB", "100KiB", "1MiB", "1025KiB", "256MiB", "1GiB", "1500MiB", "3GiB"])
    func sizes(text: String) { #expect(DiskSize(argument: text)?.description == text) }

    @Test("A size that is none, or too small", arguments: ["", "64", "63KiB", "1.5GiB", "-1GiB", "1ZiB", "GiB"])
    func noSizes(text: String) { #expect(DiskSize(argument: text) == nil) }
}
