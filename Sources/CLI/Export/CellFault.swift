/// A cell that isn't what its column holds.
struct CellFault: Error, Equatable {
    /// Its number from 0.
    let column: Int
}
