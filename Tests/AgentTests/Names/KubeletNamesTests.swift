import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Names from a kubelet's logs") struct KubeletNamesTests {
    private let app = BundleTree.app
    private let uid = BundleTree.uid

    private func container(_ id: String) throws -> CgroupPath { try #require(CgroupPath("/kubepods/burstable/pod\(uid)/\(id)")) }

    @Test("A log's link names the container, its pod and its namespace; the directory alone names pod and namespace")
    func logs() throws {
        let names = KubeletNames(links: ["web-0.x_shop_app-1-\(app).log"], directories: ["shop_web-0.x_\(uid)"])
        guard case .told(let told, true) = try names.names(of: container(app)) else { throw NeverCame(description: "no names") }
        #expect(told.source == .kubelet && told.name == "app-1" && told.image == "")
        #expect(told.labels["io.kubernetes.pod.name"] == "web-0.x" && told.labels["io.kubernetes.pod.namespace"] == "shop")
        guard case .told(let pod, false) = try names.names(of: container(BundleTree.pause)) else {
            throw NeverCame(description: "no pod")
        }
        #expect(pod.name == "" && pod.labels["io.kubernetes.pod.name"] == "web-0.x" && pod.labels["io.kubernetes.container.name"] == nil)
    }

    @Test("What isn't such a name is nobody's")
    func others() throws {
        let odd = [
            "app-\(app).log", "a_b-\(app).log", "a_b_c_d-\(app).log", "__-\(app).log", "a_b_-\(app).log", "a_b_c\(app).log",
            "a_b_c-\(app.dropLast()).log", "a_b_c-\(app)", "a b_c_d-\(app).log", "\u{1F600}_b_c-\(app).log", ".log", "-.log", "", app,
            "a_b_c-\(app.uppercased()).log", "a\n_b_c-\(app).log", "..._.._/-\(app).log",
        ]
        let names = KubeletNames(links: odd, directories: ["shop_web", "_web_\(uid)", "a_b_c_\(uid)", "sho p_web_\(uid)"])
        #expect(try names.names(of: container(app)) == .silent)
    }

    @Test("Only the names of links and directories count, and neither is opened; where nothing is, nothing is told")
    func directories() throws {
        let tree = try BundleTree()
        func answers() throws -> NameAnswers { try KubeletNames.read([container(app)], below: tree.roots.log) }
        #expect(try answers()[app] == .silent && answers().faults.isEmpty)
        try tree.makeDirectory("log/containers")
        // Its target doesn't exist.
        let link = tree.path("log/containers/web_shop_app-\(app).log")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/nonexistent/0.log")
        #expect(try answers()[app]?.names?.name == "app" && answers().faults.isEmpty)
        try FileManager.default.removeItem(atPath: tree.path("log/containers"))
        try tree.makeDirectory("elsewhere")
        try FileManager.default.createSymbolicLink(
            atPath: tree.path("elsewhere/web_shop_app-\(app).log"), withDestinationPath: "/nonexistent/0.log")
        try FileManager.default.createSymbolicLink(atPath: tree.path("log/containers"), withDestinationPath: tree.path("elsewhere"))
        // A directory that is itself a link isn't followed, and that is said.
        #expect(try answers()[app] == .silent)
        let fault = try #require(answers().faults.first)
        #expect(fault.contains(link.replacing("/web_shop_app-\(app).log", with: "")) && fault.contains("--log"), "\(fault)")
    }
}
