import ArgumentParser
import Foundation
import Harness

/// Which servers a command measures, and how it gets to them.
struct TargetOptions: ParsableArguments {
    /// Kept out of the command line, which every user of the machine can read.
    private static let passwordVariable = "SLUICE_TARGET_PASSWORD"

    @Option(
        help: ArgumentHelp(
            "Server to measure; may be repeated, and then the servers take turns. (default: bundled)",
            discussion: """
                bundled, redis or valkey start this engine or the server found in PATH; bundled:PATH, redis:PATH and \
                valkey:PATH start that one. redis://H:P, valkey://H:P and sluice://H:P measure a server that runs: a user \
                and a password may stand before the host (redis://user@host with the password in \
                SLUICE_TARGET_PASSWORD), and rediss:// or valkeys:// use TLS.
                """
        )
    )
    var target: [String] = []

    @Option(help: ArgumentHelp("A PEM file of those whom TLS trusts to vouch for a server.", valueName: "file"))
    var tlsCa: String?

    @Option(help: ArgumentHelp("A PEM file with the certificate that TLS shows the server.", valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("A PEM file with that certificate's key.", valueName: "file"))
    var tlsKey: String?

    @Flag(help: "Do not check the certificates of servers.")
    var tlsInsecure = false

    func validate() throws {
        guard (self.tlsCert == nil) == (self.tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key belong together.")
        }
        for file in [self.tlsCa, self.tlsCert, self.tlsKey].compactMap(\.self) {
            guard FileManager.default.isReadableFile(atPath: file) else {
                throw ValidationError("\(file) cannot be read.")
            }
        }
        do {
            let names = try self.specifications().map(\.description)
            guard Set(names).count == names.count else { throw ValidationError("A target is named twice.") }
        } catch let error as HarnessError {
            throw ValidationError("\(error)")
        }
    }

    /// The servers in the order that was asked for.
    /// - Parameter otherwise: when none was.
    func specifications(otherwise: [String] = ["bundled"]) throws(HarnessError) -> [TargetSpecification] {
        var specifications: [TargetSpecification] = []
        for text in self.target.isEmpty ? otherwise : self.target {
            specifications.append(try self.specification(text))
        }
        return specifications
    }

    /// A server that is reached as the others are.
    func specification(_ text: String) throws(HarnessError) -> TargetSpecification {
        var reach = TargetSpecification.Reach()
        reach.password = ProcessInfo.processInfo.environment[Self.passwordVariable].map { Secret($0) }
        reach.tls.authorities = self.tlsCa
        reach.tls.certificate = self.tlsCert
        reach.tls.key = self.tlsKey
        reach.tls.isInsecure = self.tlsInsecure
        return try TargetSpecification(parsing: text, reach)
    }
}
