// A server under test that runs: where it listens, how it talks to replicas, and, if it is a child of ours, its process.

import Glibc
package import Probes
import Sockets

package final class Target {
    package let specification: TargetSpecification
    package let host: String
    /// Where clients connect.
    package let port: UInt16
    /// Where replicas connect; Redis has one port for both.
    package let replicationPort: UInt16
    /// What every connection says first.
    let access: Access
    package let child: ChildProcess?
    /// Where TLS ends, for a server that wants it; `host` and `port` are then its own.
    private let forwarder: TLSForwarder?
    package let control: ControlConnection
    /// Replicas that a server which runs already had before us.
    package let residents: Int

    /// How long a server may take until it answers PING: it recovers its data first, on a machine that may be busy.
    private static let startSeconds = 60.0

    init(
        _ specification: TargetSpecification,
        host: String,
        port: UInt16,
        replicationPort: UInt16,
        access: Access,
        child: ChildProcess?,
        forwarder: TLSForwarder? = nil
    ) throws(HarnessError) {
        self.specification = specification
        self.host = host
        self.port = port
        self.replicationPort = replicationPort
        self.access = access
        self.child = child
        self.forwarder = forwarder
        do throws(HarnessError) {
            self.control = try Self.connect(host, port, access, child)
            let replication = TargetInfo(parsing: try self.control.ask("INFO", "replication").text ?? "")
            self.residents = Int(replication.number("connected_slaves") ?? 0)
        } catch {
            forwarder?.stop()
            // The forwarder closes what it cannot encrypt, and knows why.
            guard let failure = forwarder?.failure else { throw error }
            throw HarnessError(.targetUnavailable, "no TLS connection to \(specification): \(failure)")
        }
    }

    /// The name under which results are reported.
    package var id: String { self.specification.description }
    package var dialect: Dialect { self.specification.profile.dialect }

    private static func connect(
        _ host: String,
        _ port: UInt16,
        _ access: Access,
        _ child: ChildProcess?
    ) throws(HarnessError) -> ControlConnection {
        let deadline = Clocks.monotonicNanoseconds + UInt64(self.startSeconds * 1e9)
        while true {
            do throws(HarnessError) {
                let control = try ControlConnection(host: host, port: port, access)
                let answer = try control.ask("PING")
                if case .simple("PONG") = answer { return control }
                throw Self.refusal(answer, host, port)
            } catch {
                if let child, !child.isAlive() {
                    throw HarnessError(.targetUnavailable, "the server ended at its start: \(child.outputTail)")
                }
                guard child != nil, Clocks.monotonicNanoseconds < deadline else { throw error }
                usleep(1_000)
            }
        }
    }

    private static func refusal(_ answer: Reply, _ host: String, _ port: UInt16) -> HarnessError {
        if case .error(let text) = answer, text.hasPrefix("NOAUTH") || text.hasPrefix("NOPERM") {
            return HarnessError(
                .targetUnavailable,
                "\(host):\(port) wants a password (\(text)); give one in the URL or in SLUICE_TARGET_PASSWORD"
            )
        }
        return HarnessError(.targetUnavailable, "\(host):\(port) does not answer PING with PONG")
    }

    /// What a reader of the results must know of how the target was reached.
    package var notes: [String] {
        var notes: [String] = []
        if !self.specification.isChild {
            notes.append(
                """
                \(self.id) was not started for this run: it kept its settings, cases that need a server of their own were \
                left out, and metrics of its process are not supported. Keys named key:* are left in it.
                """
            )
        }
        if self.forwarder != nil {
            notes.append(
                """
                \(self.id) was reached through TLS, which ends in the load generator: latencies and the generator's \
                processor share contain encryption.
                """
            )
        }
        return notes
    }

    /// One of the target's ports as an address to connect to.
    func endpoint(port: UInt16) throws(HarnessError) -> Endpoint {
        do throws(SocketError) {
            return try Endpoint(host: self.host, port: port)
        } catch {
            throw HarnessError(.targetUnavailable, "cannot reach \(self.host):\(port): \(error)")
        }
    }

    package func stop() {
        self.child?.stop()
        self.forwarder?.stop()
    }

    /// - Throws: when the child has died, with the end of its output.
    package func checkAlive() throws(HarnessError) {
        guard let child, !child.isAlive() else { return }
        throw HarnessError(.targetFailed, "the server \(self.id) died: \(child.outputTail)")
    }

    /// Processor time used so far, in nanoseconds; nil for a remote target.
    package var processorNanoseconds: UInt64? {
        self.child.flatMap { ProcessorTime.read(process: $0.process)?.nanoseconds }
    }

    /// Memory as the system counts it; nil for a remote target.
    package var memory: ProcessMemory? { self.child.flatMap { ProcessMemory.read(process: $0.process) } }
}
