import Testing

@testable import StatsCore

@Suite("The names of units") struct UnitPathTests {
    @Test(
        "A cgroup's path says what kind of unit it is, and how it is called",
        arguments: [
            ("/system.slice/nginx.service", "service", "nginx.service"),
            ("/system.slice/system-getty.slice/getty@tty1.service", "service", "getty@tty1.service"),
            ("/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service", "service", "foo.service"),
            ("/user.slice/user-1000.slice/session-3.scope", "scope", "session-3.scope"),
            ("/init.scope", "scope", "init.scope"),
            ("/user.slice/user-1000.slice", "slice", "user-1000.slice"),
            ("/machine.slice/machine-qemu\\x2d1\\x2dweb.scope", "vm", "machine-qemu\\x2d1\\x2dweb.scope"),
            ("/machine/qemu-1-web.libvirt-qemu", "vm", "qemu-1-web.libvirt-qemu"),
            ("/qemu.slice/100.scope", "vm", "100.scope"),
            ("/firecracker/551e7604-e35c-42b3-b825-416853441234", "vm", "551e7604-e35c-42b3-b825-416853441234"),
            ("/lxc.monitor.web", "lxc", "web"), ("/lxc.monitor/web", "lxc", "web"), ("/lxc.payload.web", "lxc", "web"),
            ("/sonde-command-4711", "command", "command"), ("/system.slice/sonde-command-4711", "command", "command"),
            ("/sonde-command-runner.service", "service", "sonde-command-runner.service"),
            ("/system.slice/docker.service/worker", "other", "worker"),
            ("/machine.slice/libpod-conmon-ab.scope", "scope", "libpod-conmon-ab.scope"),
            ("/.service", "other", ".service"), ("/sonde-command-", "other", "sonde-command-"), ("/a\nb", "other", "a\nb"),
            ("/qemu.slice/100.scope/vcpu0", "other", "vcpu0"),
        ])
    func kinds(path: String, kind: String, name: String) {
        let unit = UnitPath(path)
        #expect(unit.kind.rawValue == kind && unit.name == name && unit.path == path)
    }

    @Test(
        "A process's row names the same unit as the unit's own row",
        arguments: [
            ("0::/system.slice/nginx.service\n", "nginx.service"), ("0::/sonde-command-7/inner\n", "command"),
            ("4:memory:/sonde-command-7\n1:name=systemd:/user.slice/user-0.slice/session-1.scope\n0::/\n", "command"),
            ("0::/lxc.monitor.web\n", "web"), ("0::/machine/qemu-1-web.libvirt-qemu/libvirt/vcpu0\n", "qemu-1-web.libvirt-qemu"),
            ("2:cpu:/\n1:name=systemd:/system.slice/ssh.service\n", "ssh.service"),
            ("0::/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/emulator\n", "machine-qemu\\x2d1\\x2dweb.scope"),
        ])
    func ofProcesses(cgroup: String, unit: String) {
        #expect(PidCgroup(parsing: Array(cgroup.utf8).span.bytes).unit() == unit)
    }
}
