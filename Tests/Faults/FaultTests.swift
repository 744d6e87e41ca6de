import Testing

/// What must hold whatever fails: the built executables, while processes are killed, disks fill up and networks part. One after another:
/// each test fills the machine.
@Suite(.serialized, .faults) struct FaultTests {}
