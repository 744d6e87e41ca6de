import Foundation
import Glibc
import StatsCore
import TestSupport

@testable import Agent

/// The cgroup tree of a host with systemd, version 2, made of plain files.
final class UnitTreeFixture {
    static let container = "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2"

    private let scratch: ScratchDirectory

    /// As systemd 252 makes it on a server with Docker, a login, a user's manager and a virtual machine.
    static let usual = [
        "/init.scope", "/system.slice/nginx.service", "/system.slice/docker.service", "/system.slice/docker-\(container).scope",
        "/system.slice/system-getty.slice/getty@tty1.service", "/user.slice/user-1000.slice/session-3.scope",
        "/user.slice/user-1000.slice/user@1000.service/init.scope", "/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service",
        "/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/vcpu0", "/lxc.payload.web/system.slice/ssh.service", "/lxc.monitor.web",
    ]

    init(_ cgroups: [String] = usual) throws {
        scratch = try ScratchDirectory()
        try scratch.write("MemTotal:       1000000 kB\n", to: "proc/meminfo")
        try scratch.write("cpu memory\n", to: "sys/fs/cgroup/cgroup.controllers")
        for cgroup in cgroups { try add(cgroup) }
    }

    /// With so many services, of which each has CPU time only.
    init(services: Int) throws {
        scratch = try ScratchDirectory(inMemory: true)
        try scratch.write("cpu\n", to: "sys/fs/cgroup/cgroup.controllers")
        try scratch.makeDirectory("sys/fs/cgroup/system.slice")
        for number in 1...services {
            let directory = path("/system.slice/job-\(number).service")
            mkdir(directory, 0o755)
            let file = open("\(directory)/cpu.stat", O_WRONLY | O_CREAT, 0o644)
            _ = "usage_usec \(number)\n".withCString { write(file, $0, strlen($0)) }
            close(file)
        }
    }

    var roots: KernelRoots { KernelRoots(proc: scratch.path("proc"), sys: scratch.path("sys")) }
    func path(_ cgroup: String) -> String { scratch.path("sys/fs/cgroup" + cgroup) }

    /// - Parameter cpu: in µs.
    func add(_ cgroup: String, cpu: Int = 1000) throws {
        try scratch.write("usage_usec \(cpu)\nuser_usec 600\nsystem_usec 400\n", to: "sys/fs/cgroup\(cgroup)/cpu.stat")
        try scratch.write("4096\n", to: "sys/fs/cgroup\(cgroup)/memory.current")
        try scratch.write("", to: "sys/fs/cgroup\(cgroup)/cgroup.procs")
        try scratch.write("populated 1\nfrozen 0\n", to: "sys/fs/cgroup\(cgroup)/cgroup.events")
    }

    /// As the kernel removes one: what was opened can't be read any more. Here it can; but the path is gone.
    func remove(_ cgroup: String) throws { try FileManager.default.removeItem(atPath: path(cgroup)) }
}

extension UnitChoice {
    init(_ patterns: String..., takesNamedContainers: Bool = false) {
        self.init(patterns: patterns.compactMap { UnitPattern($0) }, takesNamedContainers: takesNamedContainers)
    }
}
