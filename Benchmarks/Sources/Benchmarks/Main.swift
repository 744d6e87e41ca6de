import Glibc

/// Measures the figures of docs/PERFORMANCE.md. Exit status: 0 when all goals are reached, 1 when one was missed or a measurement failed, 64 for wrong usage.
@main
enum Main {
    static func main() {
        let options: Options
        if CommandLine.arguments.contains("--help") {
            print(Options.usage)
            return
        }
        do {
            options = try Options(CommandLine.arguments.dropFirst())
        } catch {
            Terminal.note("\(error)")
            exit(64)
        }
        exit(measure(options))
    }

    private static func measure(_ options: Options) -> Int32 {
        Interrupt.watch()
        Machine.raiseDescriptorLimit()
        do {
            let report = try Measurements(setting: Setting(options), parts: options.parts, scale: options.scale, rows: options.rows).run()
            let machine = Machine()
            print(options.isMarkdown ? report.markdown(machine) : report.text(machine))
            return report.missesGoal ? 1 : 0
        } catch {
            Terminal.note("\(error)")
            return 1
        }
    }
}
