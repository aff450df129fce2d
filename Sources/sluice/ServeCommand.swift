import ArgumentParser
import Glibc
import Logging
import Server

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Runs a primary.")

    @Option(help: "Port for clients.")
    var port: UInt16 = 6399
    @Option(help: "First port for replicas.")
    var replicationPort: UInt16?
    @Option(help: "Event loops.")
    var shards = 1

    func run() throws {
        var options = ServerOptions()
        options.port = self.port
        options.shards = self.shards
        options.replicationPort = self.replicationPort
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let logger = Logger(label: "sluice")
        let server = try Server(options: options, logger: logger)
        logger.notice("ready", metadata: ["port": "\(server.clientPort)"])
        var signal: CInt = 0
        sigwait(&signals, &signal)
        server.stop()
    }
}
