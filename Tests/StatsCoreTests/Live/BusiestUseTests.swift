import StatsCore
import Testing

@Suite("Who uses most of a node's cores") struct BusiestUseTests {
    private static let columns: [TableID: FrameRows.Columns] = [
        .container: FrameRows.Columns(["container_id", "container", "cpu_percent"]),
        .unit: FrameRows.Columns(["unit", "cgroup", "cpu_percent"]),
        .process: FrameRows.Columns(["comm", "container_id", "container", "unit", "cpu_percent", "state"]),
    ]

    private static func use(container: String = "", unit: String = "", process: String = "") -> BusiestUse? {
        let frame = Array(
            """
            {"type":"tick","run":"","epoch":1,"seq":0,"tick":1,"time":1800001000000000,"begin":1,"end":2,"rows":{"container":[\(container)],"unit":[\(unit)],"process":[\(process)]}}
            """.utf8)
        return (try? TickFrame(frame.span.bytes)).flatMap { BusiestUse(FrameRows($0, frame: frame.span.bytes, columns: columns)) }
    }

    @Test("A unit is named with the process that does most of its work, and alone where none does half of it")
    func unit() {
        let unit = #"["mysql.service","/system.slice/mysql.service",71]"#
        let found = Self.use(unit: unit, process: #"["mysqld",null,null,"mysql.service",70,"R"],["sh",null,null,"mysql.service",1,"S"]"#)
        #expect(found?.name == "mysqld (unit mysql.service)" && found?.cpuPercent == 71 && found?.kind == .unit)
        #expect(Self.use(unit: unit, process: #"["mysqld",null,null,"mysql.service",35,"R"]"#)?.name == "unit mysql.service")
        #expect(Self.use(unit: unit)?.name == "unit mysql.service")
    }

    @Test("A container is named as it is called, else by the first twelve digits of its id")
    func container() {
        let unit = #"["a.service","/a.service",50]"#
        let process = #"["java","0123456789abcdef","web",null,80,"R"]"#
        let found = Self.use(container: #"["0123456789abcdef","web",90]"#, unit: unit, process: process)
        #expect(found?.name == "java (container web)" && found?.cpuPercent == 90 && found?.kind == .container)
        #expect(Self.use(container: #"["0123456789abcdef",null,90]"#)?.name == "container 0123456789ab")
    }

    @Test("A process that uses more than every unit and container is named, with its unit where that has no row")
    func process() {
        let unit = #"["a.service","/a.service",10]"#
        #expect(Self.use(unit: unit, process: #"["rustc",null,null,null,300,"R"]"#)?.name == "rustc")
        #expect(Self.use(unit: unit, process: #"["rustc",null,null,null,300,"R"]"#)?.kind == .process)
        let found = Self.use(process: #"["mysqld",null,null,"mysql.service",300,"R"]"#)
        #expect(found?.name == "mysqld (unit mysql.service)" && found?.kind == .unit && found?.cpuPercent == 300)
        // Read a moment later than its unit, it seems to use more.
        #expect(Self.use(unit: unit, process: #"["b",null,null,"a.service",10.4,"R"]"#)?.cpuPercent == 10)
    }

    @Test("Of units within each other it is the innermost that has at least half, however they stand in the table")
    func nested() {
        let rows = [
            #"["web.service","/system.slice/web.service",55]"#, #"["system.slice","/system.slice",100]"#,
            #"["db.service","/system.slice/db.service",45]"#, #"["system.slice-other.service","/system.slice-other.service",99]"#,
        ]
        for rows in [rows, rows.reversed()] { #expect(Self.use(unit: rows.joined(separator: ","))?.name == "unit web.service") }
        #expect(
            Self.use(unit: #"["system.slice","/system.slice",100],["a.service","/system.slice/a.service",49]"#)?.name == "unit system.slice"
        )
        #expect(Self.use(unit: #"["/","/",100],["a.service","/a.service",60]"#)?.name == "unit a.service")
    }

    @Test("Who has ended is nobody, and neither is who uses less than a hundredth of a core")
    func nobody() {
        #expect(Self.use() == nil)
        #expect(Self.use(unit: #"["a.service","/a.service",0.9],["b.service","/b.service",null]"#) == nil)
        #expect(Self.use(process: #"["cc1",null,null,null,100,"X"]"#) == nil)
    }
}
