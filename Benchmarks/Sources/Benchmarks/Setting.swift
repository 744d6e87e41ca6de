import Glibc

/// The paths of everything that the benchmark uses.
struct Setting {
    /// The root of the repository.
    let root: String
    let scratch: Scratch
    let lab: Lab
    private let products: String

    init(_ options: Options) throws {
        root = options.root
        products = options.products ?? "\(root)/.build/release"
        scratch = try Scratch()
        lab = Lab(root: root, scratch: scratch)
        guard access("\(root)/Benchmarks/Package.swift", F_OK) == 0 else {
            throw BenchmarkError("\(root) is not the repository: run this there, or say where it is with --root")
        }
    }

    func program(_ name: String) -> String { "\(products)/\(name)" }

    /// - Throws: `BenchmarkError` when a program is not built.
    func requirePrograms(_ names: [String]) throws {
        for name in names where access(program(name), X_OK) != 0 {
            throw BenchmarkError("\(program(name)) is not there: `make build` makes it")
        }
    }
}
