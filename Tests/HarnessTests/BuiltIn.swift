@testable import Harness

extension Suite {
    /// One that comes with the program.
    static func named(_ name: String) throws -> Suite { try BuiltInSuites.suite(name) }
}
