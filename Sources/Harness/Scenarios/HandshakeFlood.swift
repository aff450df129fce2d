// Handshakes one after the other on `concurrency` slots: connect, ask and take the answer as often as the protocol has it,
// reset, again. It runs on the processors that the server under test uses too, so it makes no system call that it can do without: on loopback a
// connection stands as soon as it is begun, so the request is sent at once and the poller asked only where that fails.

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
    private struct Slot {
        var socket: Socket
        /// The exchange at work; nil until the connection stands.
        var step: Int?
        var began: UInt64
        /// The beginning of an answer whose rest has not come yet.
        var answer: [UInt8]
    }

    private static let failureLimit = 8

    private let poller: Poller
    private let endpoint: Endpoint
    private let dialogue: [Exchange]
    private var slots: [Slot?]
    private(set) var latency = LoadBody.emptyLatency
    private(set) var completed = 0
    private(set) var failures: [String] = []

    init(host: String, port: UInt16, concurrency: Int, dialogue: [Exchange]) throws(SocketError) {
        self.poller = try Poller()
        self.endpoint = try Endpoint(host: host, port: port)
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
            let socket = try self.endpoint.connect()
            self.slots[index] = Slot(socket: socket, step: nil, began: began, answer: [])
            socket.resetOnClose()
            let isAsked = self.ask(0, index, socket)
            try self.poller.add(socket, isAsked ? .readable : .writable, token: UInt64(index))
        } catch {
            self.fail(index, "a handshake could not connect: \(error)")
        }
    }

    /// Begins an exchange; false when the connection does not stand yet.
    private func ask(_ step: Int, _ index: Int, _ socket: Socket) -> Bool {
        let request = self.dialogue[step].request
        guard request.withUnsafeBytes({ socket.write($0) }) == .moved(request.count) else { return false }
        self.slots[index]?.step = step
        self.slots[index]?.answer = []
        return true
    }

    /// Moves a slot on; returns whether its handshake is over.
    private func advance(_ index: Int) -> Bool {
        guard let slot = self.slots[index] else { return false }
        if let step = slot.step { return self.receive(index, slot, step) }
        guard slot.socket.pendingError == 0, self.ask(0, index, slot.socket) else {
            self.fail(index, "the connection was refused")
            return true
        }
        do throws(SocketError) {
            try self.poller.modify(slot.socket, .readable, token: UInt64(index))
        } catch {
            self.fail(index, "\(error)")
            return true
        }
        return false
    }

    private func receive(_ index: Int, _ slot: Slot, _ step: Int) -> Bool {
        let outcome = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            switch slot.socket.read(into: buffer) {
            case .wouldBlock: return Outcome.incomplete
            case .ended, .failed: return .wrong("the primary closed the connection before its answer")
            case .moved(let count): return self.judge(UnsafeRawBufferPointer(rebasing: buffer[..<count]), index, step)
            }
        }
        switch outcome {
        case .incomplete: return false
        case .wrong(let reason): self.fail(index, reason)
        case .good where step + 1 < self.dialogue.count:
            if self.ask(step + 1, index, slot.socket) { return false }
            self.fail(index, "the next request could not be sent")
        case .good:
            self.latency.record(Clocks.monotonicNanoseconds - slot.began)
            self.completed += 1
            self.close(index)
        }
        return true
    }

    private enum Outcome {
        case incomplete
        case good
        case wrong(String)
    }

    private func judge(_ bytes: UnsafeRawBufferPointer, _ index: Int, _ step: Int) -> Outcome {
        let expected = self.dialogue[step]
        let answer = (self.slots[index]?.answer ?? []) + bytes
        let lines = answer.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        guard lines.count >= expected.lines else {
            self.slots[index]?.answer = answer
            return .incomplete
        }
        return lines.prefix(expected.lines).allSatisfy { $0.starts(with: expected.answer) }
            ? .good : .wrong("unexpected answer: \(String(decoding: answer.prefix(80), as: UTF8.self))")
    }

    private func fail(_ index: Int, _ reason: String) {
        if self.failures.count < Self.failureLimit { self.failures.append(reason) }
        self.close(index)
    }

    private func close(_ index: Int) {
        self.slots[index]?.socket.close()
        self.slots[index] = nil
    }
}
