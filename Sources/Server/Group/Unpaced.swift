// Connections between members on one machine go without pacing, as all others within a machine do (docs/decisions/0025).

import Glibc
import NIOCore
import NIOPosix
import Sockets

private let congestionControl = ChannelOptions.Types.SocketOption(
    level: .tcp,
    name: NIOBSDSocket.Option(rawValue: TCP_CONGESTION)
)

extension ServerBootstrap {
    func unpacedWithin(machine host: String) -> ServerBootstrap {
        Pacing.optionWithout(for: host).map { self.serverChannelOption(congestionControl, value: .init($0)) } ?? self
    }
}

extension ClientBootstrap {
    func unpacedWithin(machine host: String) -> ClientBootstrap {
        Pacing.optionWithout(for: host).map { self.channelOption(congestionControl, value: .init($0)) } ?? self
    }
}
