import BillOfMaterials
import Foundation

// sbom <Package.resolved> <version of Sonde> <line of swift --version>
let words = CommandLine.arguments.dropFirst()
guard words.count == 3, words.allSatisfy({ !$0.isEmpty }), let resolved = words.first else {
    FileHandle.standardError.write(Data("usage: sbom <Package.resolved> <version> <toolchain>\n".utf8))
    exit(2)
}
do {
    let bill = try BillOfMaterials(resolved: Data(contentsOf: URL(fileURLWithPath: resolved)))
    FileHandle.standardOutput.write(try bill.json(version: words[words.startIndex + 1], toolchain: words[words.startIndex + 2]))
} catch {
    FileHandle.standardError.write(Data("sbom: \(resolved): \(error)\n".utf8))
    exit(1)
}
