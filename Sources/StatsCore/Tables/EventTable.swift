/// Something that happened.
package struct EventReading: Sendable, Equatable {
    package var kind: EncodedText?
    package var containerID: EncodedText?
    package var container: EncodedText?
    package var pid: UInt64?
    package var exitCode: Int64?
    package var message: EncodedText?
    /// A JSON object, as text.
    package var detail: EncodedText?

    package init() {}
}

/// The columns of `event.csv`: a row per event, stamped with the tick at which it was written.
package enum EventTable {
    package static func visit<V: ColumnVisitor & ~Copyable>(_ r: EventReading, _ v: inout V) {
        v.identity(
            "kind", r.kind, "Sonde",
            """
            container start, container settings, container die, oom, kill, health, process, source late, target away, target back, action; of the collector: run armed, mark, \
            command began, command ended, agent joined, agent lost, agent not ready, environment changed, row twice, wall clock set
            """)
        v.identity("container_id", r.containerID, "engine Actor.ID", "Full id of the container that it concerns")
        v.identity("container", r.container, "engine Actor.Attributes.name", "Name of that container")
        v.identity("pid", r.pid, "cgroup.procs", "Process that it concerns")
        v.signed(
            "exit_code", .identity, r.exitCode, "", "engine Actor.Attributes.exitCode", "How the container, or the recorded command, ended")
        v.identity(
            "message", r.message, "Sonde",
            "One line for a person; of a process seen for the first time its command line, but for --hide-arguments")
        v.json("detail", .identity, r.detail, "Sonde", "JSON object with what has no column")
    }
}

extension TickRows {
    package mutating func append(_ reading: EventReading) {
        row(.event) { EventTable.visit(reading, &$0) }
    }
}
