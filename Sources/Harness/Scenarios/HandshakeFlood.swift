// Handshakes one after the other on `concurrency` slots: connect, ask and take the answer as often as the protocol has it,
// reset, again.

import Glibc
import Histogram
import Sockets

/// One step of a handshake: what is sent, and what must come back before the next.
struct Exchange: Sendable {
    var request: [UInt8]
    /// How every line of the answer must begin.
    var answer: [UInt8]
    var lines = 1
}

final class HandshakeFlood {
    private enum Stage {
        case connecting
        /// Waiting for the answer to this exchange.
        case asking(Int)
    }

    private struct Slot {
        var socket: Socket
        var stage: Stage
        var began: UInt64
        var answer: [UInt8]
    }

    private static let failureLimit = 8

    private let poller: Poller
    private let host: String
    private let port: UInt16
    private let dialogue: [Exchange]
    private var slots: [Slot?]
    private(set) var latency = LoadBody.emptyLatency
    private(set) var completed = 0
    private(set) var failures: [String] = []

    init(host: String, port: UInt16, concurrency: Int, dialogue: [Exchange]) throws(SocketError) {
        self.poller = try Poller()
        self.host = host
        self.port = port
        self.dialogue = dialogue
        self.slots = [Slot?](repeating: nil, count: concurrency)
    }

    deinit { for slot in self.slots { slot?.socket.close() } }

    /// Forgets what was counted.
    func reset() {
        self.latency = LoadBody.emptyLatency
        self.completed = 0
    }

    /// Keeps every slot busy for so long, then lets those under way end.
    func run(seconds: Double) throws(HarnessError) {
        let end = Clocks.monotonicNanoseconds + UInt64(seconds * 1e9)
        for index in self.slots.indices { self.begin(index) }
        while self.slots.contains(where: { $0 != nil }) {
            let now = Clocks.monotonicNanoseconds
            guard now < end + 5_000_000_000 else {
                throw HarnessError(.timedOut, "a handshake got no answer within 5 s")
            }
            if self.failures.count >= Self.failureLimit { return }
            try Interruption.check()
            self.poller.wait(timeoutMilliseconds: 100) { event in
                let index = Int(event.token)
                if self.advance(index), Clocks.monotonicNanoseconds < end { self.begin(index) }
            }
        }
    }

    private func begin(_ index: Int) {
        do throws(SocketError) {
            let began = Clocks.monotonicNanoseconds
            let socket = try Socket.connect(host: self.host, port: self.port)
            socket.resetOnClose()
            self.slots[index] = Slot(socket: socket, stage: .connecting, began: began, answer: [])
            // On the loopback a connection is there when `connect` returns. Asking at once spares the generator three
            // system calls of twelve; it must cost less than what it measures.
            let isAsked = self.ask(0, index, socket)
            if !isAsked { self.slots[index]?.stage = .connecting }
            try self.poller.add(socket, isAsked ? .readable : .writable, token: UInt64(index))
        } catch {
            self.slots[index] = nil
            self.failures.append("a handshake could not connect: \(error)")
        }
    }

    /// Moves a slot on; returns whether its handshake is over.
    private func advance(_ index: Int) -> Bool {
        guard let slot = self.slots[index] else { return false }
        switch slot.stage {
        case .connecting:
            guard slot.socket.pendingError == 0 else { return self.fail(index, "connecting failed") }
            guard self.ask(0, index, slot.socket) else { return self.fail(index, "the request could not be sent") }
            do throws(SocketError) {
                try self.poller.modify(slot.socket, .readable, token: UInt64(index))
            } catch {
                return self.fail(index, "\(error)")
            }
            return false
        case .asking(let step):
            return self.receive(index, slot, step)
        }
    }

    private func ask(_ step: Int, _ index: Int, _ socket: Socket) -> Bool {
        self.slots[index]?.stage = .asking(step)
        self.slots[index]?.answer = []
        let request = self.dialogue[step].request
        return request.withUnsafeBytes { socket.write($0) } == .moved(request.count)
    }

    private func receive(_ index: Int, _ slot: Slot, _ step: Int) -> Bool {
        let (result, bytes) = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            let result = slot.socket.read(into: buffer)
            guard case .moved(let count) = result else { return (result, [UInt8]()) }
            return (result, Array(buffer[..<count]))
        }
        switch result {
        case .wouldBlock: return false
        case .ended, .failed: return self.fail(index, "the primary closed the connection before its answer")
        case .moved: break
        }
        let answer = slot.answer + bytes
        let expected = self.dialogue[step]
        let lines = answer.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        guard lines.count >= expected.lines else {
            self.slots[index]?.answer = answer
            return false
        }
        guard lines.prefix(expected.lines).allSatisfy({ $0.starts(with: expected.answer) }) else {
            return self.fail(index, "unexpected answer: \(String(decoding: answer.prefix(80), as: UTF8.self))")
        }
        guard step + 1 == self.dialogue.count else {
            return self.ask(step + 1, index, slot.socket) ? false : self.fail(index, "the request could not be sent")
        }
        self.latency.record(Clocks.monotonicNanoseconds - slot.began)
        self.completed += 1
        self.close(index)
        return true
    }

    private func fail(_ index: Int, _ reason: String) -> Bool {
        if self.failures.count < Self.failureLimit { self.failures.append(reason) }
        self.close(index)
        return true
    }

    private func close(_ index: Int) {
        self.slots[index]?.socket.close()
        self.slots[index] = nil
    }
}
