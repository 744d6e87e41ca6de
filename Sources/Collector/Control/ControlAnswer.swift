import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import StatsCore

extension Response {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        json(bytes: try JSONCoding.encode(value), status: status)
    }

    static func json(bytes: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
        var buffer = ByteBuffer(bytes: bytes)
        buffer.writeInteger(UInt8(ascii: "\n"))
        return Response(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: buffer))
    }

    static func text(_ text: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    static func failure(_ failure: ControlFailure, status: HTTPResponse.Status? = nil) throws -> Response {
        try json(failure, status: status ?? failure.status)
    }
}

extension ControlFailure {
    var status: HTTPResponse.Status {
        switch code {
        case "run_active", "run_exists", "no_run", "pinned", "not_held", "too_late": .conflict
        case "bad_name", "bad_option", "bad_label", "ambiguous", "bad_request", "bad_command", "bad_group", "bad_time", "no_mark", "usage":
            .badRequest
        case "no_nodes", "too_few_nodes", "blocked", "ending", "too_many_streams", "busy": .serviceUnavailable
        case "unauthorized": .unauthorized
        case "cross_site", "other_user": .forbidden
        case "not_found": .notFound
        case "bad_method": .methodNotAllowed
        case "body_too_large": .contentTooLarge
        case "bad_expectation": .expectationFailed
        case "bad_host": .misdirectedRequest
        case "no_program": .notImplemented
        case "unreadable", "bad_format", "bad_manifest", "bad_dictionary", "damaged": .unprocessableContent
        default: .internalServerError
        }
    }
}

/// Makes every answer that is not 2xx a `ControlFailure` in JSON.
struct FailureMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
        let response = try await answer(request, context, next)
        // After HEAD, a client would take a body for the next answer.
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(
        _ request: Request, _ context: Context, _ next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let failure as ControlFailure {
            return try .failure(failure)
        } catch let error as HTTPError where error.status == .notFound {
            return try .failure(
                ControlFailure(code: "not_found", message: "there is nothing at \(request.method) \(request.uri.path.prefix(200))"))
        } catch is HTTPParserError {
            return try .failure(
                ControlFailure(
                    code: "bad_request",
                    message: "the request's body can't be read: it ends too early, or its chunks aren't valid"
                ))
        } catch let error as HTTPError {
            return try .failure(ControlFailure(code: "bad_request", message: error.body ?? error.status.reasonPhrase), status: error.status)
        } catch {
            context.logger.error("a request failed", metadata: [LogKey.reason: "\(error)"])
            return try .failure(ControlFailure(code: "internal", message: "\(error)"))
        }
    }
}
