// The shard's side of its links: what the link port reports, and the direct writes of the stream.
//
// A link's descriptor is watched by the port's thread and written by the shard's. The port never closes a descriptor that
// it has handed over: it reports the end, and the shard closes, so that a write can never meet a number that already
// belongs to another connection. To end a link the shard shuts the socket down, which the port then sees and reports.

import Engine
import Logging
import Primitives
import RESP
import Replication
import Sockets

/// What the link port tells a shard.
enum LinkEvent: Sendable {
    /// - numbering: as the board counted it when the handshake was granted.
    case opened(number: UInt64, Socket, HandshakeRequest, ResumePlan, numbering: UInt64)
    /// Links were parked while the shard wrote.
    case parked
    case reported(number: UInt64, LinkReport)
    case writable(number: UInt64)
    case sentTooMuch(number: UInt64)
    /// Frames were read from the log for a link.
    case read(DiskRequest, DiskAnswer)
    case closed(number: UInt64, Socket)
    case slotSaveFailed(String)
}

extension Shard {
    func handle(_ event: LinkEvent) {
        self.admitParkedLinks(before: event)
        switch event {
        case .opened(let number, let socket, let request, let plan, let numbering):
            let now = WallClock.milliseconds
            let transport = socket.descriptor
            if numbering == self.numbering {
                self.engine.linkOpened(number: number, transport: transport, request: request, plan: plan, now: now)
                // The acceptor knows of those that it lets wait itself.
                if self.engine.stream.state(of: number) == .waiting, case .resume = plan { self.board.waitBegan() }
            } else {
                self.engine.outdatedLinkOpened(
                    number: number,
                    transport: transport,
                    request: request,
                    plan: plan,
                    now: now
                )
            }
            self.scheduleTurn()
        case .parked: self.scheduleTurn()
        case .reported(let number, let report):
            self.engine.linkReported(number: number, report, now: WallClock.milliseconds)
            if !self.commitWaits.isEmpty { self.scheduleTurn() }
        case .writable(let number):
            self.engine.stream.linkWritable(number: number)
            self.scheduleTurnLater()
        case .sentTooMuch(let number):
            self.engine.stream.linkSentTooMuch(number: number)
        case .read(let request, let answer):
            if case .failed(let reason) = answer {
                self.node.logger.warning(
                    "the log could not be read for a replica",
                    metadata: ["shard": "\(self.index)", "position": "\(request.position)", "reason": "\(reason)"]
                )
            }
            self.engine.stream.diskAnswered(request, answer)
            self.board.publish(unreadable: self.engine.stream.unreadable)
            self.scheduleTurn()
        case .slotSaveFailed(let reason): self.slotSaveFailed(reason)
        case .closed(let number, let socket):
            if self.engine.linkClosed(number: number, now: WallClock.milliseconds)?.hasReadLog == true {
                self.node.logReaders?.forget(link: number)
            }
            socket.close()
        }
    }

    /// Takes over the links that the port has parked, if the event needs one of them: what is said of a link must find it, and one
    /// that opens comes after those that waited. Others leave them parked: a replica that comes and goes costs nothing here.
    private func admitParkedLinks(before event: LinkEvent) {
        switch event {
        case .opened: self.admitParkedLinks()
        case .reported(let number, _), .writable(let number), .sentTooMuch(let number):
            if self.engine.stream.state(of: number) == nil { self.admitParkedLinks() }
        case .parked, .read, .closed, .slotSaveFailed: break
        }
    }

    /// Takes over the links that the port has parked.
    func admitParkedLinks() {
        for opening in self.parkedLinks.takeAll() { self.handle(opening) }
    }

    /// Serves the links; true when some could take more at once.
    func sendToLinks() -> Bool {
        var sent = 0
        let hasMore = self.engine.stream.send(now: WallClock.milliseconds) { number, transport, bytes in
            self.transmit(bytes, to: transport, number, &sent)
        }
        self.statistics.linkOutputBytes += sent
        return hasMore
    }

    /// Gives bytes to a link's socket.
    func transmit(_ bytes: Bytes, to transport: Int32, _ number: UInt64, _ sent: inout Int) -> SendOutcome {
        let socket = Socket(descriptor: transport)
        switch socket.write(bytes) {
        case .moved(let count):
            sent += count
            if count < bytes.count { self.watchForRoom(socket, number) }
            return .took(count)
        case .wouldBlock, .ended:
            self.watchForRoom(socket, number)
            return .took(0)
        case .failed: return .broken
        }
    }

    /// Lets the port tell when a full socket has room again.
    private func watchForRoom(_ socket: Socket, _ number: UInt64) {
        // A descriptor that cannot be watched is on its way out; the port reports its end.
        try? self.node.poller.modify(socket, PortLinks.watchingForRoom, token: number)
    }

    /// Says goodbye to links that the stream has given up, and shuts them down; the port reports the end.
    func endClosingLinks() {
        for closing in self.engine.stream.takeClosing() {
            let socket = Socket(descriptor: closing.transport)
            let address = socket.peerAddress?.description ?? "gone"
            if var message = closing.message { message.withUTF8 { _ = socket.write(Bytes($0)) } }
            socket.shutdown()
            self.node.logger.info(
                "replica link closed",
                metadata: [
                    "replica": "\(closing.id)", "address": "\(address)", "cause": "\(closing.cause.rawValue)",
                ]
            )
        }
    }

    func closeAllLinks() {
        for link in self.engine.stream.links { Socket(descriptor: link.transport).shutdown() }
    }
}
