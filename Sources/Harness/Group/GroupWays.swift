// The ways between the members of a group: a proxy for each direction of dialing, which carries bytes until its member is cut
// off. Then it takes nothing and gives nothing, and the connections stay open, as with a cable that was pulled.

import Glibc
import Sockets
import Synchronization

final class GroupWays {
    private let proxies: [[GroupProxy?]]

    /// - Parameter ports: where the members listen.
    init(_ ports: [UInt16]) throws(HarnessError) {
        var proxies: [[GroupProxy?]] = []
        for from in ports.indices {
            var row: [GroupProxy?] = []
            for to in ports.indices { row.append(from == to ? nil : try GroupProxy(to: ports[to])) }
            proxies.append(row)
        }
        self.proxies = proxies
    }

    /// Where a member reaches another one; nil for itself.
    func port(from: Int, to: Int) -> UInt16? { self.proxies[from][to]?.port }

    /// - Parameters:
    ///   - hears: what others send still arrives at the member.
    ///   - isHeard: what the member sends still arrives at the others.
    func cut(_ member: Int, hears: Bool = false, isHeard: Bool = false) {
        for other in self.proxies.indices where other != member {
            self.proxies[member][other]?.setCut(forwards: !isHeard, backwards: !hears)
            self.proxies[other][member]?.setCut(forwards: !hears, backwards: !isHeard)
        }
    }

    func heal() {
        for row in self.proxies { for proxy in row { proxy?.setCut(forwards: false, backwards: false) } }
    }

    func stop() {
        for row in self.proxies { for proxy in row { proxy?.stop() } }
    }
}

/// Carries the bytes of every connection to one port, on a thread of its own.
final class GroupProxy: Sendable {
    private final class Flags: Sendable {
        /// From who dials to who is dialed, and back.
        let isCutForwards = Atomic<Bool>(false)
        let isCutBackwards = Atomic<Bool>(false)
        let isStopped = Atomic<Bool>(false)

        func cut() -> (forwards: Bool, backwards: Bool) {
            (self.isCutForwards.load(ordering: .relaxed), self.isCutBackwards.load(ordering: .relaxed))
        }
    }

    /// One direction of a connection.
    private struct Pipe {
        var from: Socket
        var to: Socket
        var held: [UInt8] = []
        var isEnded = false
        var isCut = false
    }

    let port: UInt16
    private let flags = Flags()
    private let thread: DedicatedThread

    private static let mostHeld = 4 << 20
    private static let pollMilliseconds: CInt = 20

    init(to target: UInt16) throws(HarnessError) {
        do throws(SocketError) {
            let listener = try Socket.listen(host: TargetLauncher.host, port: 0)
            self.port = listener.localPort ?? 0
            let flags = self.flags
            self.thread = try DedicatedThread(name: "group-proxy") { Self.run(listener, target, flags) }
        } catch {
            throw HarnessError(.targetUnavailable, "cannot make a proxy: \(error)")
        }
    }

    /// While a direction is cut nothing is carried in it, and no connection comes about.
    func setCut(forwards: Bool, backwards: Bool) {
        self.flags.isCutForwards.store(forwards, ordering: .relaxed)
        self.flags.isCutBackwards.store(backwards, ordering: .relaxed)
    }

    func stop() {
        self.flags.isStopped.store(true, ordering: .relaxed)
        self.thread.join()
    }

    private static func run(_ listener: Socket, _ target: UInt16, _ flags: Flags) {
        var pipes: [Pipe] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer {
            buffer.deallocate()
            listener.close()
            for pipe in pipes where pipe.from.descriptor > pipe.to.descriptor {
                pipe.from.close()
                pipe.to.close()
            }
        }
        while !flags.isStopped.load(ordering: .relaxed) {
            let cut = flags.cut()
            guard !cut.forwards || !cut.backwards else {
                Pause.milliseconds(UInt32(Self.pollMilliseconds))
                continue
            }
            for index in pipes.indices { pipes[index].isCut = index % 2 == 0 ? cut.forwards : cut.backwards }
            let isOpen = !cut.forwards && !cut.backwards
            Self.wait(isOpen ? listener : nil, pipes)
            if isOpen, let accepted = listener.accept(),
                let other = try? Socket.connect(host: TargetLauncher.host, port: target)
            {
                pipes.append(Pipe(from: accepted, to: other))
                pipes.append(Pipe(from: other, to: accepted))
            }
            for index in pipes.indices { Self.carry(&pipes[index], buffer) }
            Self.removeEnded(&pipes)
        }
    }

    private static func wait(_ listener: Socket?, _ pipes: [Pipe]) {
        var watched: [pollfd] = []
        if let listener { watched.append(pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)) }
        for pipe in pipes where !pipe.isCut {
            if pipe.held.count < Self.mostHeld {
                watched.append(pollfd(fd: pipe.from.descriptor, events: Int16(POLLIN), revents: 0))
            }
            if !pipe.held.isEmpty { watched.append(pollfd(fd: pipe.to.descriptor, events: Int16(POLLOUT), revents: 0)) }
        }
        poll(&watched, nfds_t(watched.count), Self.pollMilliseconds)
    }

    private static func carry(_ pipe: inout Pipe, _ buffer: UnsafeMutableRawBufferPointer) {
        guard !pipe.isCut else { return }
        if pipe.held.count < Self.mostHeld {
            switch pipe.from.read(into: buffer) {
            case .moved(let count): pipe.held += buffer[..<count]
            case .wouldBlock: break
            case .ended, .failed: pipe.isEnded = true
            }
        }
        guard !pipe.held.isEmpty else { return }
        switch pipe.held.withUnsafeBytes({ pipe.to.write($0) }) {
        case .moved(let count): pipe.held.removeFirst(count)
        case .wouldBlock: break
        case .ended, .failed: pipe.isEnded = true
        }
    }

    /// Both directions of a connection end together; they stand side by side.
    private static func removeEnded(_ pipes: inout [Pipe]) {
        for index in stride(from: pipes.count - 2, through: 0, by: -2)
        where pipes[index].isEnded || pipes[index + 1].isEnded {
            pipes[index].from.close()
            pipes[index].to.close()
            pipes.removeSubrange(index...(index + 1))
        }
    }
}
