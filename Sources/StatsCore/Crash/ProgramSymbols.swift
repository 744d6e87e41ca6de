#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The names of the program's functions, looked up in the symbol table of its file (elf(5)) when it has crashed.
/// Nothing allocates after `init`.
struct ProgramSymbols {
    private static let path: StaticString = "/proc/self/exe"
    private static let chunk = 48 << 10
    /// The longest name that is read.
    private static let nameLimit = 512

    /// What has to be added to an address in the file to get the one in memory.
    private let bias: UInt
    /// The addresses in the file that the kernel has loaded.
    private let loaded: Range<UInt>
    private let buffer: UnsafeMutableRawPointer
    /// By address that was looked for: where the function begins, and where its name stands in the file.
    private let begins: UnsafeMutablePointer<UInt>
    private let names: UnsafeMutablePointer<Int>

    /// - Parameter limit: for how many addresses there is room.
    init(limit: Int) {
        buffer = .allocate(byteCount: Self.chunk, alignment: 8)
        begins = .allocate(capacity: limit)
        names = .allocate(capacity: limit)
        (bias, loaded) = Self.place() ?? (0, 0..<0)
    }

    /// Looks all addresses up in one pass.
    func find(_ addresses: UnsafeMutablePointer<UInt>, _ count: Int) {
        var index = 0
        while index < count {
            names[index] = 0
            begins[index] = 0
            index += 1
        }
        let file = Self.openProgram()
        guard file >= 0 else { return }
        if let table = symbolTable(file) { find(addresses, count, in: table, file) }
        close(file)
    }

    /// Writes what is known of an address: `name+0x1c (0x3f2a1c)`, or the address alone.
    func describe(_ index: Int, _ address: UInt, in line: CrashText) {
        let inFile = address &- bias
        guard loaded.contains(inFile) else { return line.append(hexadecimal: address) }
        guard names[index] > 0 else { return line.append(hexadecimal: inFile) }
        let file = Self.openProgram()
        let read = pread(file, buffer, Self.nameLimit, names[index])
        close(file)
        var place = 0
        while place < read, case let byte = buffer.load(fromByteOffset: place, as: UInt8.self), byte > 0x20 {
            line.append(byte)
            place += 1
        }
        line.append("+")
        line.append(hexadecimal: inFile &- begins[index])
        line.append(" (")
        line.append(hexadecimal: inFile)
        line.append(")")
    }

    /// A `StaticString`'s bytes are in the program: to make a `String` of it could allocate.
    private static func openProgram() -> Int32 {
        open(UnsafeRawPointer(path.utf8Start).assumingMemoryBound(to: CChar.self), O_RDONLY | O_CLOEXEC)
    }

    private struct Table {
        var symbols = 0
        var size = 0
        var names = 0
    }

    /// Where the symbols are in the file; `nil` when it has none.
    private func symbolTable(_ file: Int32) -> Table? {
        guard pread(file, buffer, 64, 0) == 64 else { return nil }
        let sections = Int(word(0x28))
        let count = Int(half(0x3c))
        guard half(0x3a) == 64, sections > 0, count * 64 <= Self.chunk, pread(file, buffer, count * 64, sections) == count * 64 else {
            return nil
        }
        var index = 0
        while index < count {
            let section = index * 64
            if load(section + 4) == SHT_SYMTAB, case let names = Int(load(section + 40)), names < count {
                return Table(symbols: Int(word(section + 24)), size: Int(word(section + 32)), names: Int(word(names * 64 + 24)))
            }
            index += 1
        }
        return nil
    }

    private func find(_ addresses: UnsafeMutablePointer<UInt>, _ count: Int, in table: Table, _ file: Int32) {
        let entry = 24
        var place = 0
        while place < table.size {
            let read = pread(file, buffer, min(Self.chunk, table.size - place), table.symbols + place)
            guard read >= entry else { return }
            var symbol = 0
            while symbol + entry <= read {
                // A function that has a size.
                if buffer.load(fromByteOffset: symbol + 4, as: UInt8.self) & 15 == UInt8(STT_FUNC) {
                    let begin = UInt(word(symbol + 8))
                    let end = begin &+ UInt(word(symbol + 16))
                    var index = 0
                    while index < count {
                        let address = addresses[index] &- bias
                        if address >= begin, address < end {
                            begins[index] = begin
                            names[index] = table.names + Int(load(symbol))
                        }
                        index += 1
                    }
                }
                symbol += entry
            }
            place += read / entry * entry
        }
    }

    private func half(_ offset: Int) -> UInt16 { buffer.load(fromByteOffset: offset, as: UInt16.self) }
    private func load(_ offset: Int) -> UInt32 { buffer.load(fromByteOffset: offset, as: UInt32.self) }
    private func word(_ offset: Int) -> UInt64 { buffer.load(fromByteOffset: offset, as: UInt64.self) }

    /// Where the kernel has put the program, by the program headers that it gave it (getauxval(3)).
    private static func place() -> (bias: UInt, loaded: Range<UInt>)? {
        var auxiliary: [(key: UInt, value: UInt)] = Array(repeating: (0, 0), count: 64)
        let file = open("/proc/self/auxv", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let size = auxiliary.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        func value(_ key: Int32) -> UInt? { auxiliary.prefix(max(size, 0) / 16).first { $0.key == UInt(key) }?.value }
        guard let address = value(AT_PHDR), let count = value(AT_PHNUM), let headers = UnsafePointer<Elf64_Phdr>(bitPattern: address) else {
            return nil
        }
        let all = UnsafeBufferPointer(start: headers, count: Int(count))
        // The headers lie in the segment with the beginning of the file, mostly right behind the file's header of 64 bytes.
        let loads = all.filter { $0.p_type == UInt32(PT_LOAD) }
        guard let first = loads.first, let last = loads.last else { return nil }
        let ownAddress = all.first { $0.p_type == UInt32(PT_PHDR) }.map { UInt($0.p_vaddr) } ?? UInt(first.p_vaddr) + 64
        return (address &- ownAddress, UInt(first.p_vaddr)..<UInt(last.p_vaddr + last.p_memsz))
    }
}
