import Foundation
import TestSupport
import Testing

@testable import StatsCore

@Suite("Cgroup paths") struct CgroupPathTests {
    private static let id = CgroupFixture.web

    @Test(
        "A container is recognised by its path",
        arguments: [
            ("/docker/\(id)", CgroupPath.Runtime.docker, nil, "/docker/\(id)"),
            ("/docker/\(id)/inner/deep", .docker, nil, "/docker/\(id)"),
            ("/system.slice/docker-\(id).scope", .docker, nil, "/system.slice/docker-\(id).scope"),
            ("/system.slice/docker-\(id).scope/init.scope", .docker, nil, "/system.slice/docker-\(id).scope"),
            ("/my-parent/\(id)", .docker, nil, "/my-parent/\(id)"),
            ("/my.slice/my-own.slice/docker-\(id).scope", .docker, nil, "/my.slice/my-own.slice/docker-\(id).scope"),
            ("/system.slice:docker:\(id)", .docker, nil, "/system.slice:docker:\(id)"),
            ("/kubepods/burstable/pod0f3b6a52-9d1e/\(id)", .kubernetes, "0f3b6a52-9d1e", "/kubepods/burstable/pod0f3b6a52-9d1e/\(id)"),
            (
                "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0f3b_9d1e.slice/cri-containerd-\(id).scope", .containerd,
                "0f3b-9d1e",
                "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0f3b_9d1e.slice/cri-containerd-\(id).scope"
            ),
            (
                "/kubepods.slice/kubepods-pod0f3b_9d1e.slice/crio-\(id).scope", .crio, "0f3b-9d1e",
                "/kubepods.slice/kubepods-pod0f3b_9d1e.slice/crio-\(id).scope"
            ),
            ("/machine.slice/libpod-\(id).scope/container", .podman, nil, "/machine.slice/libpod-\(id).scope"),
            ("/libpod_parent/libpod-\(id)", .podman, nil, "/libpod_parent/libpod-\(id)"),
            ("/default/\(id)", .containerd, nil, "/default/\(id)"),
            (
                "/system.slice/containerd.service/kubepods-burstable-pod0f3b_9d1e.slice:cri-containerd:\(id)", .containerd, "0f3b-9d1e",
                "/system.slice/containerd.service/kubepods-burstable-pod0f3b_9d1e.slice:cri-containerd:\(id)"
            ),
            (
                "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod0f3b_9d1e.slice/cri-containerd-\(id).scope", .containerd,
                "0f3b-9d1e",
                "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod0f3b_9d1e.slice/cri-containerd-\(id).scope"
            ),
            ("/kubepods/burstable/pod8/kata_\(id)", .kubernetes, "8", "/kubepods/burstable/pod8/kata_\(id)"),
            ("/docker/\(id)/kubelet.slice/cri-containerd-\(CgroupFixture.database).scope", .docker, nil, "/docker/\(id)"),
        ])
    func recognised(path: String, runtime: CgroupPath.Runtime, pod: String?, root: String) throws {
        let found = try #require(CgroupPath(path))
        #expect(found.runtime == runtime)
        #expect(found.containerID == Self.id)
        #expect(found.podUID == pod)
        #expect(found.root == root)
    }

    @Test(
        "A container whose cgroup has a name for an id is recognised too",
        arguments: [
            ("/lxc.payload.web", CgroupPath.Runtime.lxc, "web", "/lxc.payload.web"),
            ("/lxc.payload/a.b/init.scope", .lxc, "a.b", "/lxc.payload/a.b"),
            ("/lxc/100/ns/docker/\(id)", .lxc, "100", "/lxc/100"), ("/default/my-app", .containerd, "my-app", "/default/my-app"),
            (#"/machine.slice/machine-my\x2dvm.scope/payload"#, .nspawn, "my-vm", #"/machine.slice/machine-my\x2dvm.scope"#),
            ("/machine.slice/systemd-nspawn@web.service", .nspawn, "web", "/machine.slice/systemd-nspawn@web.service"),
        ])
    func named(path: String, runtime: CgroupPath.Runtime, id: String, root: String) throws {
        let found = try #require(CgroupPath(path))
        #expect((found.runtime, found.containerID, found.root) == (runtime, id, root) && found.isNamed)
        let line = Array("4:memory:\(path)".utf8)
        let mayName = CgroupPath.mayName(line.span.bytes, 0..<line.count)
        #expect(mayName)
    }

    @Test(
        "What isn't a container's cgroup isn't taken for one",
        arguments: [
            "", "/", "/user.slice/user-0.slice", "/system.slice/docker.service", "/machine.slice/libpod-conmon-\(id).scope",
            "/kubepods.slice/kubepods-podx.slice/crio-conmon-\(id).scope", "/docker/\(id.dropLast())", "/docker/\(id)0",
            "/docker/\(id.uppercased())",
            "/docker/\(id.dropLast())g", "/system.slice/buildkit-\(id).mount",
            "/lxc.monitor.web", "/lxc.monitor/web", "/lxc", "/lxc.payload", "/default", "/user.slice/default/x", "/a/lxc/b",
            #"/machine.slice/machine-qemu\x2d1\x2dvm.scope"#, "/machine.slice/x.service", "/kata_overhead/\(id)",
            "/kata_overhead/kubepods/burstable/pod8/\(id)",
        ])
    func otherCgroups(path: String) {
        #expect(CgroupPath(path) == nil)
    }

    @Test("The containers of a Kubernetes node are found, without their guards")
    func kubernetes() throws {
        let found = try CgroupFixture.kubepods.walk()
        #expect(found.map(\.runtime.rawValue).sorted() == ["containerd", "crio", "kubernetes"])
        #expect(found.allSatisfy { $0.podUID?.contains("_") == false })
    }

    @Test("A container with cgroups at two places is found once, where its processes are")
    func twoPlaces() throws {
        for stale in ["a.slice", "z.slice"] {
            let sys = try ScratchDirectory()
            try sys.write("cpu memory", to: "fs/cgroup/cgroup.controllers")
            try sys.write("", to: "fs/cgroup/\(stale)/docker-\(Self.id).scope/cgroup.procs")
            try sys.write("", to: "fs/cgroup/m.slice/docker-\(Self.id).scope/cgroup.procs")
            try sys.write("17\n", to: "fs/cgroup/m.slice/docker-\(Self.id).scope/init/cgroup.procs")
            let mount = try #require(CgroupMount(roots: KernelRoots(proc: "/nowhere", sys: sys.path)))
            #expect(CgroupTree(mount)?.containers()?.map(\.root) == ["/m.slice/docker-\(Self.id).scope"])
        }
    }

    @Test("Podman's container is found once, and not its conmon")
    func podman() throws {
        let found = try CgroupFixture.podman.walk()
        #expect(found.map(\.runtime) == [.podman])
    }
}
