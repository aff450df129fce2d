/// What a snapshot held that has no counterpart here and was passed over.
package struct RDBSkipped: Equatable, Sendable {
    /// Libraries of functions.
    package var functions = 0
    /// Data that modules keep beside the keys.
    package var moduleFields = 0
    /// Keys without elements, which Redis passes over, too.
    package var emptyKeys = 0

    package init() {}
}
