// Handshakes one after the other on `concurrency` slots: connect, ask and take the answer as often as the protocol has it,
// reset, again. It runs on the processors that the server under test uses too, so it makes no system call that it can do
// without: on loopback a connection stands as soon as it is begun, so the request is sent at once and the poller asked only where
// that fails; and a descriptor is kept and connected anew, which nobody can tell from a new one at the other end.

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
    private enum Phase {
        /// Not connected.
        case idle
        case connecting
        /// The exchange at work.
        case exchange(Int)
    }

    private struct Slot {
        let socket: Socket
        var phase = Phase.idle
        var began: UInt64 = 0
        /// The beginning of an answer whose rest has not come yet.
        var answer: [UInt8] = []

        var isIdle: Bool { if case .idle = self.phase { true } else { false } }
    }

    private enum Outcome {
        case incomplete
        case good
        case wrong(String)
    }

    private static let failureLimit = 8

    private let poller: Poller
    private let endpoint: Endpoint
    private let dialogue: [Exchange]
    private var slots: [Slot] = []
    private(set) var latency = LoadBody.emptyLatency
    private(set) var completed = 0
    private(set) var failures: [String] = []

    init(host: String, port: UInt16, concurrency: Int, dialogue: [Exchange]) throws(SocketError) {
        self.poller = try Poller()
        self.endpoint = try Endpoint(host: host, port: port)
        self.dialogue = dialogue
        for index in 0..<concurrency {
            let socket = try self.endpoint.unconnected()
            self.slots.append(Slot(socket: socket))
            try self.poller.add(socket, .readable, token: UInt64(index))
        }
    }

    deinit {
        for slot in self.slots {
            slot.socket.resetOnClose()
            slot.socket.close()
        }
    }

    /// Forgets what was counted.
    func reset() {
        self.latency = LoadBody.emptyLatency
        self.completed = 0
    }

    /// Keeps every slot busy for so long, then lets those under way end.
    func run(seconds: Double) throws(HarnessError) {
        let end = Clocks.monotonicNanoseconds + UInt64(seconds * 1e9)
        for index in self.slots.indices { self.begin(index) }
        while !self.slots.allSatisfy(\.isIdle) {
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
        let socket = self.slots[index].socket
        self.slots[index].began = Clocks.monotonicNanoseconds
        do throws(SocketError) {
            try self.endpoint.connect(socket)
            self.slots[index].phase = .connecting
            if !self.ask(0, index) { try self.poller.modify(socket, .writable, token: UInt64(index)) }
        } catch {
            self.fail(index, "a handshake could not connect: \(error)")
        }
    }

    /// Begins an exchange; false when the connection does not stand yet.
    private func ask(_ step: Int, _ index: Int) -> Bool {
        let request = self.dialogue[step].request
        guard request.withUnsafeBytes({ self.slots[index].socket.write($0) }) == .moved(request.count) else {
            return false
        }
        self.slots[index].phase = .exchange(step)
        self.slots[index].answer = []
        return true
    }

    /// Moves a slot on; returns whether its handshake is over.
    private func advance(_ index: Int) -> Bool {
        let socket = self.slots[index].socket
        switch self.slots[index].phase {
        // A descriptor that is not connected counts as hung up; that is no news.
        case .idle: return false
        case .exchange(let step): return self.receive(index, step)
        case .connecting:
            guard socket.pendingError == 0, self.ask(0, index) else {
                self.fail(index, "the connection was refused")
                return true
            }
        }
        do throws(SocketError) {
            try self.poller.modify(socket, .readable, token: UInt64(index))
        } catch {
            self.fail(index, "\(error)")
            return true
        }
        return false
    }

    private func receive(_ index: Int, _ step: Int) -> Bool {
        let outcome = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            switch self.slots[index].socket.read(into: buffer) {
            case .wouldBlock: return Outcome.incomplete
            case .ended, .failed: return .wrong("the primary closed the connection before its answer")
            case .moved(let count): return self.judge(UnsafeRawBufferPointer(rebasing: buffer[..<count]), index, step)
            }
        }
        switch outcome {
        case .incomplete: return false
        case .wrong(let reason): self.fail(index, reason)
        case .good where step + 1 < self.dialogue.count:
            if self.ask(step + 1, index) { return false }
            self.fail(index, "the next request could not be sent")
        case .good:
            self.latency.record(Clocks.monotonicNanoseconds - self.slots[index].began)
            self.completed += 1
            self.end(index)
        }
        return true
    }

    private func judge(_ bytes: UnsafeRawBufferPointer, _ index: Int, _ step: Int) -> Outcome {
        let expected = self.dialogue[step]
        let answer = self.slots[index].answer + bytes
        let lines = answer.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        guard lines.count >= expected.lines else {
            self.slots[index].answer = answer
            return .incomplete
        }
        return lines.prefix(expected.lines).allSatisfy { $0.starts(with: expected.answer) }
            ? .good : .wrong("unexpected answer: \(String(decoding: answer.prefix(80), as: UTF8.self))")
    }

    private func fail(_ index: Int, _ reason: String) {
        if self.failures.count < Self.failureLimit { self.failures.append(reason) }
        self.end(index)
    }

    private func end(_ index: Int) {
        self.slots[index].socket.disconnect()
        self.slots[index].phase = .idle
    }
}
