import Hummingbird
import StatsCore

/// `POST /start/<dir>`, `POST /group/<id>/begin` and `…/disarm`, `POST /stop`, `POST /mark/<label>`, `POST /command`.
struct RunRoutes {
    let recorder: Recorder

    func add(to router: Router<ControlContext>) {
        router.change("start") { request, _ in try await start(request) }
        router.change("start/**") { request, _ in try await start(request) }
        router.change("group/**") { request, _ in try await group(request) }
        router.change("stop") { request, _ in
            try Response.json(await recorder.stop(at: Self.tick(request, "last"), clock: Self.clock(request)))
        }
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
        return try Response.json(MarkReport(label: label, tick: await recorder.mark(label, at: Self.tick(request, "tick"))))
    }

    private func start(_ request: Request) async throws -> Response {
        let path = try RunPath(request.tail(after: "start"))
        let options = try Self.options(request)
        guard let group = options.group else {
            return try Response.json(await recorder.start(path, options: options), status: .created)
        }
        return try Response.json(await recorder.hold(path, options: options, group: group), status: .created)
    }

    /// The second half of a start over several collectors, or the end of it.
    private func group(_ request: Request) async throws -> Response {
        let words = try request.tail(after: "group").split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 2, RecordingGroup.isID(words[0]), words[1] == "begin" || words[1] == "disarm" else {
            throw ControlFailure(code: "not_found", message: "a group takes POST /group/ID/begin and /group/ID/disarm")
        }
        guard words[1] == "begin" else { return try Response.json(await recorder.disarm(words[0])) }
        let body = try await request.body.collect(upTo: ControlLimits.requestBody)
        let group: RecordingGroup
        do {
            group = try JSONCoding.decode(from: body.readableBytesView)
        } catch {
            throw ControlFailure(code: "bad_group", message: "the body is no group of collectors: \(error)")
        }
        if let fault = group.fault ?? (group.id == words[0] ? nil : "its id is another one than the path's") {
            throw ControlFailure(code: "bad_group", message: "the body is no group of collectors: \(fault)")
        }
        return try Response.json(await recorder.begin(group))
    }

    /// A tick that several collectors have agreed upon; `nil` when the query has none.
    private static func tick(_ request: Request, _ name: String) throws(ControlFailure) -> UInt64? {
        guard let value = request.uri.queryParameters[Substring(name)] else { return nil }
        guard let tick = UInt64(value), tick <= Grid.highestTick else {
            throw bad(Substring(name), value.prefix(20), "give the number of a tick")
        }
        return tick
    }

    /// How this collector's clock stands towards the first one's of its group; `nil` when the query doesn't say.
    private static func clock(_ request: Request) throws(ControlFailure) -> RecordingGroup.Clock? {
        let query = request.uri.queryParameters
        guard let ahead = query["clock_ahead"], let error = query["clock_error"] else { return nil }
        guard let aheadUs = Int64(ahead), aheadUs.magnitude <= UInt64(Timestamp.plausible.upperBound) else {
            throw bad("clock_ahead", ahead.prefix(20), "give microseconds")
        }
        guard let errorUs = Int64(error), Timestamp.plausible.contains(errorUs) else {
            throw bad("clock_error", error.prefix(20), "give microseconds")
        }
        return RecordingGroup.Clock(aheadUs: aheadUs, errorUs: errorUs)
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
            case "group":
                guard RecordingGroup.isID(String(value)) else {
                    throw Self.bad(key, value.prefix(20), "an id has 1 to 64 letters, digits and hyphens")
                }
                options.group = String(value)
            default:
                throw ControlFailure(
                    code: "bad_option", message: "unknown option `\(key)`; known are interval, duration, expect, note, label, group")
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
