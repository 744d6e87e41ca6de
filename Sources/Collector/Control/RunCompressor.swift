import StatsCore

/// Runs `sonde` to compress the files of a run, or to undo that, for `POST /runs/<dir>/compress` and `…/decompress`: one run at a time, in a process of its own.
actor RunCompressor {
    /// A gigabyte of rows takes about half a minute.
    private static let patience = Duration.seconds(3600)

    private let program = SondeProgram.sibling
    private var isBusy = false

    /// - Parameter directory: the run's path, as the collector has resolved it.
    /// - Returns: what `sonde compress --json` says.
    /// - Throws: `ControlFailure` with `no_program`, `busy`, or the fault that `sonde compress` found in the run.
    func run(_ directory: String, decompresses: Bool) async throws -> [UInt8] {
        guard let program else {
            throw ControlFailure(
                code: "no_program", message: "the program sonde, which compresses runs, is not beside sonde-collector: install it there")
        }
        guard !isBusy else {
            throw ControlFailure(code: "busy", message: "another run is being compressed: try again when that is done")
        }
        isBusy = true
        defer { isBusy = false }
        return try await program.run(
            ["compress", directory, "--json"] + (decompresses ? ["--decompress"] : []), limit: 1 << 20, patience: Self.patience,
            slow: "it was not done within \(Self.patience); use `sonde compress` on that machine")
    }
}
