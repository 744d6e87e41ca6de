import Testing

@testable import StatsCore

@Suite("Host kernel files") struct HostFileTests {
    private func cells(_ tree: String, _ file: HostKernelFile) throws -> [String: String] {
        file.cells(try #require(HostFixture(name: tree).bytes(file)))
    }

    @Test("Uptime keeps its last digits")
    func uptimeDigits() {
        #expect(Uptime(parsing: Array("8640000.05 912345678.91\n".utf8).span.bytes).microseconds == 8_640_000_050_000)
    }

    @Test("A processor's pressure has no full line on older kernels")
    func processorPressure() {
        let pressure = Pressure(parsing: Array("some avg10=0.00 avg60=0.00 avg300=0.00 total=17\n".utf8).span.bytes)
        #expect(pressure.some == 17)
        #expect(pressure.full == nil)
    }

    @Test("Kernels before 3.14 have no available memory and no percentage")
    func oldMemory() throws {
        let cells = try cells("linux-3.10-cgroup1", .meminfo)
        #expect(cells["host/memory_total_bytes"] == "8202657792")
        #expect(cells["host/memory_available_bytes"] == nil)
        #expect(cells["host/memory_percent"] == nil)
    }

    @Test("Reclaim by zone adds up, and throttling is not reclaim")
    func reclaim() throws {
        let cells = try cells("linux-3.10-cgroup1", .vmstat)
        #expect(cells["host/pgscan"] == "22207")
        #expect(cells["host/pgsteal"] == "21096")
        #expect(cells["host/oom_kill"] == nil)
    }

    @Test("Lines that moved are found again")
    func movedLines() {
        var memory = MemInfo()
        memory.update(parsing: Array("MemTotal: 10 kB\nMemFree: 4 kB\n".utf8).span.bytes)
        memory.update(parsing: Array("MemTotal: 10 kB\nZswap: 1 kB\nMemFree: 5 kB\n".utf8).span.bytes)
        #expect(memory[.free] == 5120)
        memory.update(parsing: Array("Zswap: 1 kB\nMemFree: 6 kB\nMemTotal: 11 kB\n".utf8).span.bytes)
        #expect(memory[.free] == 6144)
        #expect(memory[.total] == 11264)
        memory.update(parsing: RawSpan())
        #expect(memory[.total] == nil)
    }

    @Test("Counters are found by their heading, past negative values")
    func headings() throws {
        let cells = try cells("linux-3.10-cgroup1", .snmp)
        #expect(cells == ["host/tcp_retransmits": "227", "host/tcp_in_errors": "5", "host/udp_in_errors": "9"])
        #expect(try self.cells("linux-3.10-cgroup1", .netstat) == ["host/tcp_listen_drops": "8"])
    }

    @Test("A heading that moved is looked up again")
    func movedHeading() {
        var snmp = SNMP()
        snmp.update(parsing: Array("Tcp: A RetransSegs InErrs\nTcp: 1 2 3\n".utf8).span.bytes)
        #expect(snmp.tcpRetransmits == 2)
        snmp.update(parsing: Array("Tcp: InErrs RetransSegs B\nTcp: 4 5 6\n".utf8).span.bytes)
        #expect(snmp.tcpRetransmits == 5)
        #expect(snmp.tcpInErrors == 4)
        snmp.update(parsing: Array("Tcp: RetransSegs\nUdp: InErrors\nUdp: 7\n".utf8).span.bytes)
        #expect(snmp.tcpRetransmits == nil)
        #expect(snmp.udpInErrors == 7)
    }

    @Test("A frequency is in hertz")
    func frequency() {
        #expect(CPUFrequency(parsing: Array("2400000\n".utf8).span.bytes).hertz == 2_400_000_000)
        #expect(CPUFrequency(parsing: Array("<unknown>\n".utf8).span.bytes).hertz == nil)
    }
}

@Suite("Lists of devices and interfaces") struct DeviceListTests {
    @Test("A device of an old kernel has neither discards nor flushes")
    func oldDevice() throws {
        let fixture = HostFixture(name: "linux-3.10-cgroup1")
        let cells = HostKernelFile.diskstats.cells(try #require(fixture.bytes(.diskstats)))
        #expect(cells["cciss/c0d0/read_us"] == "90181000")
        #expect(cells["cciss/c0d0/weighted_io_us"] == "291326000")
        #expect(cells["cciss/c0d0/discards"] == nil)
        #expect(cells["cciss/c0d0/flush_us"] == nil)
    }

    @Test("The last colon ends an interface's name, blank or not")
    func interfaceName() throws {
        let fixture = HostFixture(name: "linux-3.10-cgroup1")
        let cells = HostKernelFile.dev.cells(try #require(fixture.bytes(.dev)))
        #expect(cells["eth0/rx_bytes"] == "2040321102")
        #expect(cells["eth0/rx_frame"] == "2")
        #expect(cells["eth0/tx_collisions"] == "4")
        #expect(cells["eth0:1/rx_bytes"] == "0")
    }

    @Test("Devices that come, go and change places keep their own values")
    func changingDevices() {
        var disks = DiskStats()
        var asked: [String] = []
        func update(_ text: String) {
            disks.update(parsing: Array(text.utf8).span.bytes) { name in
                asked.append(name)
                return name != "sdb"
            }
        }
        update("8 0 sda 1 2 3\n8 16 sdb 4 5 6\n")
        update("8 0 sda 2 2 3\n8 16 sdb 5 5 6\n")
        #expect(asked == ["sda", "sdb"])
        #expect(disks.devices.map(\.reads) == [2, nil])
        update("8 16 sdb 5 5 6\n8 0 sda 3 2 3\n8 32 sdc 9 9 9\n")
        #expect(disks.devices.map(\.isWanted) == [false, true, true])
        #expect(disks.devices.map(\.reads) == [nil, 3, 9])
        update("8 32 sdc 10 9 9\n")
        #expect(disks.devices.map { $0.name?.text } == ["sdc"])
    }

    @Test("A value below zero is absent, and those behind it are read")
    func belowZero() {
        var disks = DiskStats()
        disks.update(parsing: Array("8 0 sda 1 2 3 4 5 6 7 8 -1 10 11 12 13 14 15 16 17\n".utf8).span.bytes)
        #expect(disks.devices.first?.writeTime == 8000)
        #expect(disks.devices.first?.inFlight == nil)
        #expect(disks.devices.first?.ioTime == 10_000)
        #expect(disks.devices.first?.flushTime == 17_000)
    }

    @Test("A name that needs escapes is asked about once")
    func escapedName() {
        var network = NetDev()
        var asked = 0
        for _ in 0..<3 {
            network.update(parsing: Array("a\"b: 1 2 3\n".utf8).span.bytes) { _ in
                asked += 1
                return true
            }
        }
        #expect(asked == 1)
        #expect(network.interfaces.first?.name?.text == "a\\\"b")
    }
}

@Suite("Mounted file systems") struct MountTests {
    private func mounts(_ tree: String) throws -> Mounts {
        var buffer = ReadBuffer()
        try KernelFile.readOnce(HostFixture(name: tree).roots.proc + "/self/mounts", into: &buffer)
        var mounts = Mounts()
        mounts.update(parsing: buffer.bytes)
        return mounts
    }

    @Test("Those that hold data are kept, each once, and escapes are decoded")
    func mounts() throws {
        let old = try mounts("linux-3.10-cgroup1").mounts
        #expect(old.map { String(decoding: $0.path, as: UTF8.self) } == ["/", "/boot", "/srv/two words\ttab"])
        #expect(old.last?.device.text == "files.example:/export/two words")
        #expect(old.last?.point.text == "/srv/two words\\ttab")
        let new = try mounts("linux-6.1-128cores").mounts
        #expect(new.map(\.type.text) == ["btrfs", "zfs", "zfs", "ceph", "ext4"])
        #expect(new.last?.path == Array("/mnt/back\\slash".utf8))
    }

    @Test("What a later mount hides isn't asked about, and a file system that is mounted elsewhere too is asked there")
    func hiddenMount() {
        var mounts = Mounts()
        let list = """
            /dev/sda1 /data ext4 rw 0 0
            /dev/sdb1 /data ext4 rw 0 0
            /dev/sda1 /also ext4 rw 0 0
            /dev/sdc1 /tmp/disk ext4 rw 0 0
            tmpfs /tmp/disk tmpfs rw 0 0

            """
        mounts.update(parsing: Array(list.utf8).span.bytes)
        #expect(mounts.mounts.map { "\($0.device.text) \($0.point.text)" } == ["/dev/sdb1 /data", "/dev/sda1 /also"])
    }

    @Test("A list that changed is read anew")
    func changedList() throws {
        var mounts = try mounts("linux-6.18")
        #expect(mounts.mounts.map(\.point.text) == ["/"])
        mounts.update(parsing: Array("/dev/sda1 /a ext4 rw 0 0\n/dev/sda2 /b".utf8).span.bytes)
        #expect(mounts.mounts.map(\.point.text) == ["/a"])
        mounts.update(parsing: RawSpan())
        #expect(mounts.mounts.isEmpty)
    }

    @Test("The root has a size, and no more is free than that")
    func rootSize() throws {
        let usage = try FilesystemUsage(path: [UInt8(ascii: "/"), 0])
        let size = try #require(usage.sizeBytes)
        #expect(size > 0)
        #expect(try #require(usage.freeBytes) <= size)
        #expect(throws: KernelReadError.self) { try FilesystemUsage(path: Array("/no/such/place".utf8) + [0]) }
    }
}
