// Calls a loop back when it has looked at its sockets.
//
// SwiftNIO runs whatever was given to `execute`, or is due by then, before it looks at sockets again, and what that gives to it as well;
// other threads may hand it more all the while. Work that goes on so, slice after slice, can keep a loop from its clients for as long
// as there is work. A descriptor that is readable comes in between them like any client's, whatever else is queued.

import Glibc
import NIOCore
import NIOPosix

/// Used on its loop alone, apart from its making.
final class Doorbell: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    /// The end of a pipe that is written to; the channel owns the other one.
    private let descriptor: CInt
    private var waiting: [@Sendable () -> Void] = []
    /// What is called at the moment; kept for its room.
    private var called: [@Sendable () -> Void] = []
    private var isOpen = false

    /// One byte is on its way at most.
    private static let readBytes = 8

    /// Waits until the loop watches it; not to be called on a loop.
    /// - Throws: when the system has no more descriptors.
    init(on loop: any EventLoop) throws {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw IOError(errnoCode: errno, reason: "pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        self.descriptor = ends[1]
        do {
            _ = try NIOPipeBootstrap(group: loop)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readBytes))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(self) }
                }
                .takingOwnershipOfDescriptor(input: ends[0]).wait()
        } catch {
            // The other end is closed by `deinit`.
            close(ends[0])
            throw error
        }
    }

    deinit { close(self.descriptor) }

    func channelActive(context: ChannelHandlerContext) { self.isOpen = true }

    func channelInactive(context: ChannelHandlerContext) {
        self.isOpen = false
        self.waiting.removeAll()
    }

    /// Calls `body` after the sockets that are ready now.
    /// - Returns: whether it will; a loop that is closing calls nobody.
    func ring(_ body: @escaping @Sendable () -> Void) -> Bool {
        guard self.isOpen else { return false }
        self.waiting.append(body)
        if self.waiting.count == 1 {
            var byte: UInt8 = 0
            write(self.descriptor, &byte, 1)
        }
        return true
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        swap(&self.waiting, &self.called)
        // Who rings meanwhile is called the next time.
        for body in self.called { body() }
        self.called.removeAll(keepingCapacity: true)
    }
}
