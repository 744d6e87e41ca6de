// Replaces clock_gettime(2) and time(2) in a program that preloads it (`LD_PRELOAD`): the wall clock is ahead by the number of seconds in
// the file that `FAKE_CLOCK` names. All other clocks and the kernel's waits are unchanged. Embedded Swift, so that it needs no runtime.

@_extern(c) func dlsym(_ library: Int, _ name: UnsafePointer<CChar>) -> UnsafeRawPointer?
@_extern(c) func getenv(_ name: UnsafePointer<CChar>) -> UnsafePointer<CChar>?
@_extern(c) func open(_ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32
@_extern(c) func read(_ file: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int
@_extern(c) func close(_ file: Int32) -> Int32
@_extern(c) func atol(_ text: UnsafeRawPointer) -> Int

/// - Parameter time: a `timespec`: seconds, nanoseconds.
@_cdecl("clock_gettime")
public func readClock(_ clock: Int32, _ time: UnsafeMutablePointer<Int>) -> Int32 {
    typealias Function = @convention(c) (Int32, UnsafeMutablePointer<Int>) -> Int32
    let libraryBehind = -1  // RTLD_NEXT
    let status = unsafeBitCast(dlsym(libraryBehind, "clock_gettime"), to: Function.self)(clock, time)
    let wallClock: Int32 = 0
    if status == 0, clock == wallClock { time.pointee += lead() }
    return status
}

@_cdecl("time")
public func readSeconds(_ result: UnsafeMutablePointer<Int>?) -> Int {
    var time = (0, 0)
    _ = withUnsafeMutableBytes(of: &time) { readClock(0, $0.baseAddress!.assumingMemoryBound(to: Int.self)) }
    result?.pointee = time.0
    return time.0
}

private func lead() -> Int {
    guard let path = getenv("FAKE_CLOCK") else { return 0 }
    let file = open(path, 0)
    guard file >= 0 else { return 0 }
    var text: (UInt64, UInt64) = (0, 0)
    _ = read(file, &text, 15)
    _ = close(file)
    return atol(&text)
}
