/// What is judged of the collector itself; docs/CONTROL.md has all that it says.
extension LiveKind where Source == @Sendable (StatusReport.Collector) -> LiveValue {
    package static let collector = LiveKind(
        "collector",
        [
            LiveField(
                "disk_free_bytes", { LiveValue($0.diskFreeBytes) }, "Free", .bytes, "Space that the disk of the runs still has",
                // A run of some hundred containers fills that in an hour.
                .below(hot: 1_073_741_824), trouble: LiveTrouble("disk", rank: 1, "Disk", "Hardly any space is left for runs")),
            LiveField(
                "blocked", { LiveValue($0.blocked) }, "Blocked", .text, "Why nothing is written at present",
                .words([:], others: .hot), trouble: LiveTrouble("blocked", rank: 0, "Blocked", "Nothing is written at present")),
        ])

    package func levels(of collector: StatusReport.Collector) -> LiveLevels {
        levels(of: fields.map { $0.source(collector) }, in: LiveSurroundings())
    }
}
