import ArgumentParser
import Foundation
import Harness
import Probes
import Sockets

/// `sluice proxy`: a network that this machine does not have.
struct ProxyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy",
        abstract: "Pass TCP connections on, later, slower, or with losses.",
        discussion: """
            Stands before a server and makes the way to it long: every byte comes --delay later, a connection carries at \
            most --rate in each direction, and of its packets some are lost, which holds up what is behind them for a \
            retransmission as TCP would. Ends with Ctrl-C.
            """
    )

    @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
    var listen: String

    @Option(help: ArgumentHelp("What to pass connections on to.", valueName: "host:port"))
    var to: String

    @Option(help: ArgumentHelp("One way, in milliseconds.", valueName: "ms"))
    var delay = 0

    @Option(help: ArgumentHelp("Bytes per second of each connection in each direction.", valueName: "bytes"))
    var rate: Int?

    @Option(help: ArgumentHelp("Packets that are lost, in percent.", valueName: "percent"))
    var loss = 0.0

    @Option(help: "Seed of the losses.")
    var seed: UInt64 = 1

    func validate() throws {
        guard (0...60_000).contains(self.delay) else { throw ValidationError("--delay takes 0 to 60000.") }
        guard self.rate.map({ $0 > 0 }) ?? true else { throw ValidationError("--rate takes a number above 0.") }
        guard (0...50).contains(self.loss) else { throw ValidationError("--loss takes 0 to 50.") }
        _ = try Self.address(self.listen)
        _ = try Self.address(self.to)
    }

    private static func address(_ text: String) throws -> (host: String, port: UInt16) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            colon > text.startIndex
        else { throw ValidationError("'\(text)' is no address; write HOST:PORT.") }
        let host = text[..<colon]
        return (host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : String(host), port)
    }

    func run() throws {
        Interruption.catchSignals()
        DescriptorLimit.raise()
        let (near, far) = (try Self.address(self.listen), try Self.address(self.to))
        var shape = LinkShape()
        shape.delayMilliseconds = self.delay
        shape.bytesPerSecond = self.rate
        shape.lossPerMillion = Int(self.loss * 10_000)
        let endpoint = try Endpoint(host: far.host, port: far.port)
        let proxy = try LinkProxy(host: near.host, port: near.port, to: endpoint, shape: shape, seed: self.seed)
        defer { proxy.stop() }
        print("listening on \(near.host):\(proxy.port)")
        while !Interruption.isRequested { Thread.sleep(forTimeInterval: 0.1) }
    }
}
