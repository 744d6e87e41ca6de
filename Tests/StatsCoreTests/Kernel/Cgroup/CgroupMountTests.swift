import Testing

@testable import StatsCore

@Suite("Cgroup mounts") struct CgroupMountTests {
    @Test("The mode is told from mountinfo")
    func mode() {
        #expect(CgroupMount(roots: CgroupFixture.v1.roots)?.mode == .v1)
        #expect(CgroupMount(roots: CgroupFixture.v2.roots)?.mode == .v2)
        #expect(CgroupMount(roots: CgroupFixture.hybrid.roots)?.mode == .hybrid)
    }

    @Test("Controllers that are mounted together share a directory, and a part of a hierarchy isn't one")
    func sharedControllers() throws {
        let mount = try #require(CgroupMount(roots: CgroupFixture.v1.roots))
        let root = CgroupFixture.v1.roots.sys + "/fs/cgroup"
        #expect(mount.controllers["cpu"] == root + "/cpu,cpuacct")
        #expect(mount.controllers["cpuacct"] == root + "/cpu,cpuacct")
        #expect(mount.controllers["blkio"] == root + "/blkio")
        #expect(mount.controllers["name=systemd"] == root + "/systemd")
    }

    @Test("Without mountinfo the layout says the same", arguments: [CgroupFixture.v1, .v2, .hybrid])
    func withoutMountinfo(fixture: CgroupFixture) throws {
        let told = try #require(CgroupMount(roots: fixture.roots))
        let seen = try #require(CgroupMount(roots: KernelRoots(proc: "/nowhere", sys: fixture.roots.sys)))
        #expect(seen == told)
    }

    @Test("A host without cgroups has no mount")
    func withoutCgroups() {
        #expect(CgroupMount(roots: KernelRoots(proc: "/nowhere", sys: "/nowhere")) == nil)
    }

    @Test("A process in a cgroup of the container's own making still leads to the container")
    func innerCgroup() throws {
        let location = try CgroupFixture.v1.location(of: CgroupFixture.web, pid: 4103)
        #expect(location.controllers["memory"]?.hasSuffix("/memory/docker/\(CgroupFixture.web)") == true)
        let v2 = try CgroupFixture.v2.location(of: CgroupFixture.web, pid: 4101)
        #expect(v2.unified?.hasSuffix("/system.slice/docker-\(CgroupFixture.web).scope") == true)
    }

    @Test("A hierarchy in which the process isn't below its container is left out")
    func otherHierarchy() throws {
        let location = try CgroupFixture.hybrid.location(of: CgroupFixture.database, pid: 4201)
        #expect(location.unified == nil)
        #expect(location.controllers.count == 6)
    }

    @Test("A path from another cgroup namespace leads nowhere")
    func otherNamespace() throws {
        let mount = try #require(CgroupMount(roots: CgroupFixture.v2.roots))
        let bytes = Array("0::/../docker-\(CgroupFixture.web).scope\n".utf8)
        #expect(mount.location(of: CgroupFixture.web, cgroups: PidCgroup(parsing: bytes.span.bytes)).isEmpty)
    }

    @Test("The tree and a process's own file lead to the same place")
    func samePlace() throws {
        let path = try CgroupFixture.v1.walk().first { $0.containerID == CgroupFixture.web }
        let root = try #require(path).root
        let location = try CgroupFixture.v1.location(of: CgroupFixture.web, pid: 4101)
        #expect(try CgroupFixture.v1.mount().location(at: root) == location)
    }
}
