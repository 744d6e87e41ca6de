import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Names from a runtime's bundles") struct BundleReaderTests {
    private let app = BundleTree.app

    private func read(_ tree: BundleTree, _ id: String = BundleTree.app) -> NameOutcome { tree.reader.read([id])[id] ?? .silent }

    @Test(
        "A pod's container has its name, pod, namespace, UID and image, whichever containerd a kubelet uses",
        arguments: ["containerd", "k3s/containerd", "k0s/containerd"])
    func containerd(directory: String) throws {
        let tree = try BundleTree()
        try tree.bundle(BundleTree.task(app, of: directory), BundleTree.cri("app"))
        try tree.bundle(BundleTree.task("other", namespace: "default", of: directory), [:])
        let names = try #require(read(tree).names)
        #expect(names.source == .bundle && names.name == "app" && names.image == "registry.example/app:1.2" && !names.holdsPod)
        #expect(
            names.labels == [
                "io.kubernetes.pod.name": "web-7d9f", "io.kubernetes.pod.namespace": "shop", "io.kubernetes.pod.uid": BundleTree.uid,
                "io.kubernetes.container.name": "app",
            ])
    }

    @Test("CRI-O's annotations name a container too, and the pod's labels are its own")
    func crio() throws {
        let tree = try BundleTree()
        try tree.bundle(
            "run/containers/storage/overlay-containers/\(app)/userdata",
            [
                "io.kubernetes.container.name": "db", "io.kubernetes.pod.name": "db-0", "io.kubernetes.pod.namespace": "prod",
                "io.kubernetes.pod.uid": BundleTree.uid, "io.kubernetes.cri-o.ImageName": "quay.io/db:16",
                "io.kubernetes.cri-o.ContainerType": "container",
                "io.kubernetes.cri-o.Labels": #"{"tier":"db","io.kubernetes.pod.name":"x"}"#,
            ])
        let names = try #require(read(tree).names)
        #expect(names.name == "db" && names.image == "quay.io/db:16" && names.labels["tier"] == "db")
        #expect(names.labels["io.kubernetes.pod.name"] == "db-0" && names.labels["io.kubernetes.pod.namespace"] == "prod")
    }

    @Test("With CRI-O a pod's author can't give its containers other names by another runtime's annotations, nor have them left out")
    func foreign() throws {
        let tree = try BundleTree()
        let own = [
            "io.kubernetes.container.name": "db", "io.kubernetes.pod.name": "db-0", "io.kubernetes.pod.namespace": "prod",
            "io.kubernetes.cri-o.ContainerType": "container", "nerdctl/name": "other",
        ]
        let foreign = BundleTree.cri(nil, pod: "other", namespace: "kube-system")
        #expect(foreign["io.kubernetes.cri.container-type"] == "sandbox")
        try tree.bundle(
            "run/containers/storage/overlay-containers/\(app)/userdata",
            own.merging(foreign) { own, _ in own }.merging(BundleTree.cri("other")) { own, _ in own })
        let names = try #require(read(tree).names)
        #expect(names.name == "db" && names.labels["io.kubernetes.pod.name"] == "db-0" && names.labels["io.kubernetes.pod.uid"] == nil)
        #expect(names.labels["io.kubernetes.pod.namespace"] == "prod" && names.image == "")
        var info = ContainerTree.info(app, name: "", pid: nil)
        info.take(names)
        #expect(!info.isSandbox)
        // Nor by CRI-O's with containerd, which a class of runtimes may pass on.
        try tree.bundle(BundleTree.task(BundleTree.pause), own)
        #expect(read(tree, BundleTree.pause).names == ToldNames(source: .bundle, name: "other"))
    }

    @Test("nerdctl's name is in its annotations, Podman's in the list beside its bundle")
    func withoutPods() throws {
        let tree = try BundleTree()
        try tree.bundle(BundleTree.task(app, namespace: "default"), ["nerdctl/name": "cache", "nerdctl/namespace": "default"])
        #expect(read(tree).names == ToldNames(source: .bundle, name: "cache"))

        let other = BundleTree.pause
        try tree.bundle("lib/containers/storage/vfs-containers/\(other)/userdata", ["io.container.manager": "libpod"])
        try tree.makeDirectory("run/containers/storage/vfs-containers/\(other)/userdata")
        let list =
            #"[{"id":"\#(other)","names":["burner"],"image":"2be7","metadata":"{\"image-name\":\"localhost/box:latest\",\"name\":\"burner\"}","flags":{}}]"#
        try tree.write(list, to: "lib/containers/storage/vfs-containers/containers.json")
        #expect(read(tree, other).names == ToldNames(source: .bundle, name: "burner", image: "localhost/box:latest"))
    }

    @Test(
        "A sandbox is marked, and told from one in which its pod's containers run",
        arguments: [("/usr/bin/containerd-shim-runc-v2", false), ("/opt/kata/bin/containerd-shim-kata-v2", true), (nil, false)])
    func sandbox(shim: String?, holdsPod: Bool) throws {
        let tree = try BundleTree()
        let directory = BundleTree.task(BundleTree.pause)
        try tree.bundle(directory, BundleTree.cri(nil))
        if let shim { try tree.write(shim, to: directory + "/shim-binary-path") }
        let names = try #require(read(tree, BundleTree.pause).names)
        #expect(names.name == "POD" && names.labels["io.kubernetes.container.name"] == "POD" && names.holdsPod == holdsPod)
        var info = ContainerTree.info(BundleTree.pause, name: "", pid: nil)
        info.take(names)
        #expect(info.isSandbox == !holdsPod)
        #expect(ContainerFilter(sandboxes: false).records(info) == holdsPod && ContainerFilter(sandboxes: true).records(info))
    }

    @Test("A virtual machine of CRI-O's is its pod, too")
    func crioHandler() throws {
        for (handler, holdsPod) in [("kata", true), ("runc", false), ("", false)] {
            let tree = try BundleTree()
            try tree.bundle(
                "run/containers/storage/overlay-containers/\(app)/userdata",
                [
                    "io.kubernetes.pod.name": "p", "io.kubernetes.pod.namespace": "n", "io.kubernetes.cri-o.ContainerType": "sandbox",
                    "io.kubernetes.cri-o.RuntimeHandler": handler,
                ])
            #expect(read(tree).names?.holdsPod == holdsPod, "\(handler)")
        }
    }

    @Test("Names hold whatever characters they hold; one that is longer than any name counts as absent")
    func odd() throws {
        let odd = "a \"quoted\"\n\t\u{1F600} back\\slash \u{202E} é,=;"
        let tree = try BundleTree()
        try tree.bundle(BundleTree.task(app), BundleTree.cri(odd, pod: odd, namespace: "shop", image: String(repeating: "x", count: 5000)))
        let names = try #require(read(tree).names)
        #expect(names.name == odd && names.labels["io.kubernetes.pod.name"] == odd && names.image == "")
    }

    @Test("Nothing of a bundle but its names is kept, also where it can't be read")
    func secrets() throws {
        let tree = try BundleTree()
        try tree.bundle(BundleTree.task(app), BundleTree.cri("app"))
        #expect(!"\(read(tree))".contains("horse"))
        // As if it were being written.
        let text = BundleTree.config(BundleTree.cri("app"))
        try tree.write(String(text.dropLast(3)), to: BundleTree.task(app) + "/config.json")
        let fault = try #require(read(tree).fault)
        #expect(fault.contains("config.json") && fault.contains("is not a JSON object") && !fault.contains("horse"))
        // Annotations that stand in the environment are none.
        try tree.write(BundleTree.config([:]), to: BundleTree.task(app) + "/config.json")
        #expect(read(tree) == .silent)
    }

    @Test("A link is never followed: neither a bundle's, nor a file's, nor one on the way there")
    func links() throws {
        let tree = try BundleTree()
        try tree.bundle("elsewhere", BundleTree.cri("stolen"))
        let manager = FileManager.default
        let places = [
            (BundleTree.task(app), "elsewhere"), (BundleTree.task(app) + "/config.json", "elsewhere/config.json"),
            ("run/containerd/io.containerd.runtime.v2.task/k8s.io", "elsewhere/.."), ("run/containerd", "elsewhere"),
        ]
        for (link, target) in places {
            try? manager.removeItem(atPath: tree.path("run"))
            try tree.makeDirectory((link as NSString).deletingLastPathComponent)
            try manager.createSymbolicLink(atPath: tree.path(link), withDestinationPath: tree.path(target))
            #expect(read(tree).names == nil, "\(link)")
        }
        // A root that is a link is what the administrator named.
        try? manager.removeItem(atPath: tree.path("run"))
        try tree.bundle(BundleTree.task(app), BundleTree.cri("app"))
        try manager.createSymbolicLink(atPath: tree.path("link"), withDestinationPath: tree.path("run"))
        let roots = NameRoots(run: tree.path("link"), lib: tree.path("none"), log: tree.path("none"))
        #expect(BundleReader(roots: roots).read([app])[app]?.names?.name == "app")
    }

    @Test("A directory that can't be looked into is a fault that says what to do; one that is absent is none")
    func directories() throws {
        let tree = try BundleTree()
        try tree.bundle(BundleTree.task(app), BundleTree.cri("app"))
        #expect(tree.reader.read([app]).faults.isEmpty)
        try tree.makeDirectory("elsewhere")
        try tree.makeDirectory("lib")
        try FileManager.default.createSymbolicLink(atPath: tree.path("lib/containers"), withDestinationPath: tree.path("elsewhere"))
        let answers = tree.reader.read([app])
        #expect(answers[app]?.names?.name == "app" && answers.faults.count == 1)
        let fault = try #require(answers.faults.first)
        #expect(
            fault.contains(tree.path("lib/containers")) && fault.contains("links aren't followed") && fault.contains("--lib"), "\(fault)")
    }

    @Test("A list that can't be read is a fault of each container that needs it, and doesn't hide another list's names")
    func brokenList() throws {
        let tree = try BundleTree()
        let other = BundleTree.pause
        let driver = "lib/containers/storage/overlay-containers"
        for id in [app, other] { try tree.bundle("\(driver)/\(id)/userdata", ["io.container.manager": "libpod"]) }
        try tree.write("rubbish", to: driver + "/containers.json")
        try tree.write(#"[{"id":"\#(other)","names":["burner"]}]"#, to: driver + "/volatile-containers.json")
        let answers = tree.reader.read([app, other])
        #expect(answers[app]?.fault?.contains("is no list of containers") == true)
        #expect(answers[other]?.names == ToldNames(source: .bundle, name: "burner"))
    }

    @Test("A FIFO, a directory, rubbish or 50 MB in place of config.json is a fault that names the file; nothing waits for it")
    func notAConfig() throws {
        let tree = try BundleTree()
        let config = BundleTree.task(app) + "/config.json"
        try tree.makeDirectory(BundleTree.task(app))
        func fault() throws -> String {
            defer { try? FileManager.default.removeItem(atPath: tree.path(config)) }
            return try #require(read(tree).fault)
        }
        #expect(mkfifo(tree.path(config), 0o600) == 0)
        #expect(try fault().contains("no regular file"))
        try tree.makeDirectory(config)
        #expect(try fault().contains("config.json"))
        try tree.write("\u{0}\u{1}rubbish", to: config)
        #expect(try fault().contains("is not a JSON object"))
        try tree.write(String(repeating: #"{"a":"#, count: 1000), to: config)
        #expect(try fault().contains("nests deeper"))
        try tree.write("{}", to: config)
        #expect(truncate(tree.path(config), 50_000_000) == 0)
        #expect(try fault().contains("larger than 4.0 MiB"))
        #expect(read(tree) == .silent, "a bundle without the file tells nothing")
    }

    @Test("The bundle of another user is not believed", .enabled(if: geteuid() == 0, "needs root"))
    func stranger() throws {
        let tree = try BundleTree()
        try tree.bundle(BundleTree.task(app), BundleTree.cri("app"))
        chown(tree.path(BundleTree.task(app) + "/config.json"), 1234, 1234)
        #expect(try #require(read(tree).fault).contains("belongs to user 1234"))
    }

    @Test(
        "What only looks like an id names no file",
        arguments: ["..", ".", "", "../k8s.io/x", "a/b", "a\u{0}b", String(repeating: "a", count: 300)])
    func ids(id: String) throws {
        let tree = try BundleTree()
        try tree.bundle("run/containerd/io.containerd.runtime.v2.task", BundleTree.cri("app"))
        try tree.bundle(BundleTree.task("x"), BundleTree.cri("app"))
        #expect(read(tree, id) == .silent)
    }

    @Test("A fault at one place doesn't hide the names at another")
    func twoPlaces() throws {
        let tree = try BundleTree()
        try tree.write("rubbish", to: BundleTree.task(app) + "/config.json")
        try tree.bundle(BundleTree.task(app, of: "k3s/containerd"), BundleTree.cri("app"))
        #expect(read(tree).names?.name == "app")
    }
}

@Suite("Fuzz: what runtimes write of containers") struct BundleFuzzTests {
    @Test("Whatever stands in a config.json, its names are read or it is refused, and they have bounds")
    func configs() async throws {
        let inputs = [
            BundleTree.config(BundleTree.cri("app")), BundleTree.config(BundleTree.cri(nil)),
            BundleTree.config(["io.kubernetes.cri-o.Labels": #"{"a":"b"}"#, "io.kubernetes.pod.name": "p", "nerdctl/name": "n\\\u{1F600}"]),
        ].map { Array($0.utf8) }
        await Fuzz.run("config.json", inputs, count: 400) { one in
            for writer in [BundleAnnotations.Writer.containerd(shim: nil), .storage] {
                guard let names = try BundleAnnotations.names(in: one.input.span.bytes, by: writer) else { continue }
                #expect(names.name.utf8.count <= 4096 && names.image.utf8.count <= 4096 && names.labels.count <= 260)
                var info = ContainerTree.info("x", name: "", pid: nil)
                info.take(names)
                _ = DeploymentNames(labels: info.labels)
            }
        }
    }

    @Test("Whatever stands in Podman's list, it is read or refused")
    func lists() async throws {
        let list = #"[{"id":"aa","names":["burner"],"metadata":"{\"image-name\":\"box\"}"},{"id":"bb"}]"#
        await Fuzz.run("containers.json", [Array(list.utf8)], count: 400) { one in
            let list = try StorageList.read(one.input)
            _ = (list.names(of: "aa"), list.names(of: "bb"))
        }
    }
}
