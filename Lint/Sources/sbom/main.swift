import BillOfMaterials
import Foundation

// sbom <Package.resolved> <Package.swift> <version of Sonde> <line of swift --version>
let words = Array(CommandLine.arguments.dropFirst())
guard words.count == 4, words.allSatisfy({ !$0.isEmpty }) else {
    FileHandle.standardError.write(Data("usage: sbom <Package.resolved> <Package.swift> <version> <toolchain>\n".utf8))
    exit(2)
}
do {
    let (resolved, manifest) = try (Data(contentsOf: URL(fileURLWithPath: words[0])), Data(contentsOf: URL(fileURLWithPath: words[1])))
    let bill = try BillOfMaterials(resolved: resolved, manifest: String(decoding: manifest, as: UTF8.self))
    FileHandle.standardOutput.write(try bill.json(version: words[2], toolchain: words[3]))
} catch {
    FileHandle.standardError.write(Data("sbom: \(words[0]): \(error)\n".utf8))
    exit(1)
}
