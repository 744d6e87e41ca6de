import Hummingbird
import StatsCore

/// `GET /instances`: the connected nodes, as text for people and kubemon's users, or as JSON.
struct InstanceRoutes {
    let recorder: Recorder

    func add(to router: Router<ControlContext>) {
        router.read("instances") { request, _ in
            let nodes = await recorder.nodeReports().filter(\.isConnected)
            let report = InstancesReport(instances: nodes.reduce(0) { $0 + $1.instances }, nodes: nodes)
            return request.acceptsJSON ? try Response.json(report) : .text(VisibleText.escape(Self.text(report), keeping: "\n"))
        }
    }

    static func text(_ report: InstancesReport) -> String {
        let lines = report.nodes.map { node in
            "\(node.monitor) (\(node.node)): operating system, \(node.containers) containers, \(node.processes) processes\n"
        }
        return "Connected instances: \(report.instances)\n" + lines.joined()
    }
}
