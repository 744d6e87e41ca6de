import Hummingbird
import NIOCore
import NIOPosix
import StatsCore

extension CatalogueRoutes {
    /// What stands behind a run's name to ask for its table. A run that is called so itself keeps its name.
    static let summary = "/summary"

    /// `GET /runs/<dir>/summary`.
    func summary(_ run: RunPath, _ request: Request, _ channel: any Channel) async throws -> Response {
        let wish = try RunSummaries.Wish(request.uri.queryParameters.map { (key: $0.key, value: $0.value) })
        let version = try await NIOThreadPool.singleton.runIfActive { [data] in try Self.closed(run, data) }
        // HEAD needs nothing to be summed up.
        if request.method == .head { return Response(status: .ok, headers: [.contentType: "application/json"]) }
        return try await answers.answer(summaries.summary(of: version, wish), type: "application/json", to: channel)
    }

    /// - Throws: `not_found`, or `run_active` for a run that still changes.
    private static func closed(_ run: RunPath, _ data: DataDirectory) throws(ControlFailure) -> RunSummaries.Version {
        do {
            let directory = try data.open(run)
            if let state = RunCatalogue.listing(of: directory)?.state, state.isActive {
                throw ControlFailure(
                    code: "run_active",
                    message:
                        "the run `\(run)` is \(state.rawValue): it is summed up when it is stopped. `sonde summary` does it now, on the collector's machine"
                )
            }
            return try RunSummaries.Version(directory, path: "\(data.path)/\(run)")
        } catch let failure as ControlFailure {
            throw failure
        } catch {
            throw ControlFailure(code: "not_found", message: "there is no run `\(run)`")
        }
    }

    func isRun(_ name: String) -> Bool {
        guard let run = try? RunPath(name), let directory = try? data.open(run) else { return false }
        return directory.holds(RunFiles.manifest)
    }
}
