import Hummingbird
import StatsCore

/// `POST /start/<dir>`, `POST /stop`, `POST /mark/<label>`, `POST /command`.
struct RunRoutes {
    let recorder: Recorder

    func add(to router: Router<ControlContext>) {
        router.change("start") { request, _ in try await start(request) }
        router.change("start/**") { request, _ in try await start(request) }
        router.change("stop") { _, _ in try Response.json(await recorder.stop()) }
        router.change("mark") { request, _ in try await mark(request) }
        router.change("mark/**") { request, _ in try await mark(request) }
        router.change("command") { request, _ in try await command(request) }
    }

    private func command(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: ControlLimits.requestBody)
        let command: RecordedCommand
        do {
            command = try JSONCoding.decode(from: body.readableBytesView)
        } catch {
            throw ControlFailure(code: "bad_command", message: "the body is no recorded command: \(error)")
        }
        if let fault = command.fault { throw ControlFailure(code: "bad_command", message: "the body is no recorded command: \(fault)") }
        return try Response.json(MarkReport(label: command.program, tick: await recorder.note(command)))
    }

    private func mark(_ request: Request) async throws -> Response {
        let label = try request.tail(after: "mark")
        guard label.utf8.count <= 1024 else { throw ControlFailure(code: "bad_name", message: "a mark has at most 1024 bytes") }
        return try Response.json(MarkReport(label: label, tick: await recorder.mark(label)))
    }

    private func start(_ request: Request) async throws -> Response {
        let path = try RunPath(request.tail(after: "start"))
        return try Response.json(await recorder.start(path, options: Self.options(request)), status: .created)
    }

    static func options(_ request: Request) throws(ControlFailure) -> StartOptions {
        var options = StartOptions()
        var labels: [Substring] = []
        for (key, value) in request.uri.queryParameters {
            switch key {
            case "interval":
                let interval = try Self.interval(key, value)
                guard Grid.intervals.contains(interval.microseconds) else {
                    throw Self.bad(key, value, "an interval lies between 10ms and 1h")
                }
                options.interval = interval
            case "duration": options.duration = try Self.interval(key, value)
            case "expect":
                guard let expect = Int(value), expect > 0 else { throw Self.bad(key, value, "give a number of nodes") }
                options.expect = expect
            case "note":
                guard value.utf8.count <= 4096 else { throw Self.bad(key, value.prefix(20), "a note has at most 4096 bytes") }
                options.note = String(value)
            case "label": labels.append(value)
            default:
                throw ControlFailure(
                    code: "bad_option", message: "unknown option `\(key)`; known are interval, duration, expect, note, label")
            }
        }
        do throws(RunLabels.Fault) { options.labels = try RunLabels.parse(labels) } catch {
            throw ControlFailure(code: "bad_label", message: "\(error)")
        }
        return options
    }

    private static func interval(_ key: Substring, _ value: Substring) throws(ControlFailure) -> Interval {
        guard let interval = Interval(String(value)) else { throw bad(key, value, "write a time such as 100ms, 1s or 5m") }
        return interval
    }

    private static func bad(_ key: Substring, _ value: Substring, _ hint: String) -> ControlFailure {
        ControlFailure(code: "bad_option", message: "`\(key)` can't be `\(value)`: \(hint)")
    }
}
