import ArgumentParser
import StatsCore
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Reads a plan from its file.
enum MatrixPlanFile {
    /// - Throws: `CommandFailure` with status 65 (EX_DATAERR of sysexits.h) that names all faults of the plan.
    static func load(_ path: String) throws(CommandFailure) -> MatrixPlan {
        let file: WholeFile
        do throws(WholeFile.Failure) { file = try WholeFile(path, limit: YAMLParser.limit) } catch {
            throw CommandFailure(code: "unreadable", message: "The plan \(path) can't be read: \(error).")
        }
        guard file.mode & S_IWOTH == 0 else {
            throw CommandFailure(
                code: "unreadable", message: "Everybody may write to the plan \(path), and so could have any command run: chmod o-w \(path)"
            )
        }
        do throws(DocumentFaults) {
            return try MatrixPlanReader.read(file.bytes, name: FilePath(path).stem ?? "")
        } catch {
            throw CommandFailure(
                code: "bad_plan", message: "The plan \(path) can't be used:\n" + error.faults.map { "  \($0)" }.joined(separator: "\n"),
                status: ExitCode(65))
        }
    }
}
