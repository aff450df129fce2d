// Handshakes one after the other on `concurrency` slots: connect, ask, take the answer, reset, again. It runs on the
// processors that the server under test uses too, so it makes no system call that it can do without: on loopback a
// connection stands as soon as it is begun, so the request is sent at once and the poller asked only where that fails.

import Glibc
import Histogram
import Sockets

final class HandshakeFlood {
    private struct Slot {
        var socket: Socket
        var isAsked: Bool
        var began: UInt64
        /// The beginning of an answer whose rest has not come yet.
        var answer: [UInt8]
    }

    private static let failureLimit = 8

    private let poller: Poller
    private let endpoint: Endpoint
    private let request: [UInt8]
    private let answer: [UInt8]
    private var slots: [Slot?]
    private(set) var latency = LoadBody.emptyLatency
    private(set) var completed = 0
    private(set) var failures: [String] = []

    init(host: String, port: UInt16, concurrency: Int, request: [UInt8], answer: [UInt8]) throws(SocketError) {
        self.poller = try Poller()
        self.endpoint = try Endpoint(host: host, port: port)
        self.request = request
        self.answer = answer
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
            self.slots[index] = Slot(socket: socket, isAsked: false, began: began, answer: [])
            socket.resetOnClose()
            let isAsked = self.ask(socket)
            self.slots[index]?.isAsked = isAsked
            try self.poller.add(socket, isAsked ? .readable : .writable, token: UInt64(index))
        } catch {
            self.fail(index, "a handshake could not connect: \(error)")
        }
    }

    /// Sends the request; false when the connection does not stand yet.
    private func ask(_ socket: Socket) -> Bool {
        self.request.withUnsafeBytes { socket.write($0) } == .moved(self.request.count)
    }

    /// Moves a slot on; returns whether its handshake is over.
    private func advance(_ index: Int) -> Bool {
        guard let slot = self.slots[index] else { return false }
        if slot.isAsked { return self.receive(index, slot) }
        guard slot.socket.pendingError == 0, self.ask(slot.socket) else {
            self.fail(index, "the connection was refused")
            return true
        }
        self.slots[index]?.isAsked = true
        do throws(SocketError) {
            try self.poller.modify(slot.socket, .readable, token: UInt64(index))
        } catch {
            self.fail(index, "\(error)")
            return true
        }
        return false
    }

    private func receive(_ index: Int, _ slot: Slot) -> Bool {
        let outcome = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            switch slot.socket.read(into: buffer) {
            case .wouldBlock: return Outcome.incomplete
            case .ended, .failed: return .wrong("the primary closed the connection before its answer")
            case .moved(let count): return self.judge(UnsafeRawBufferPointer(rebasing: buffer[..<count]), index)
            }
        }
        switch outcome {
        case .incomplete: return false
        case .wrong(let reason): self.fail(index, reason)
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

    private func judge(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Outcome {
        if self.slots[index]?.answer.isEmpty == true, bytes.starts(with: self.answer),
            bytes.contains(UInt8(ascii: "\n"))
        {
            return .good
        }
        let answer = (self.slots[index]?.answer ?? []) + bytes
        guard answer.contains(UInt8(ascii: "\n")) else {
            self.slots[index]?.answer = answer
            return .incomplete
        }
        return answer.starts(with: self.answer)
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
