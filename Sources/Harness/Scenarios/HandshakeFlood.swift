// Handshakes one after the other on `concurrency` slots: connect, ask, take the answer, reset, again. It runs on the
// processors that the server under test uses too, so it makes no system call that it can do without: on loopback a
// connection stands as soon as it is begun, so the request is sent at once and the poller asked only where that fails.

import Glibc
import Histogram
import Sockets

final class HandshakeFlood {
    /// A request, and how each line of its answer must begin.
    struct Exchange {
        var request: [UInt8]
        var answers: [[UInt8]]

        init(_ request: [UInt8], _ answers: [String]) {
            self.request = request
            self.answers = answers.map { Array($0.utf8) }
        }
    }

    private struct Slot {
        var socket: Socket
        /// The exchange that is under way.
        var exchange = 0
        var isAsked = false
        var began: UInt64
        /// The beginning of an answer whose rest has not come yet.
        var answer: [UInt8] = []
    }

    private static let failureLimit = 8

    private let poller: Poller
    private let endpoint: Endpoint
    private let exchanges: [Exchange]
    private var slots: [Slot?]
    private(set) var latency = LoadBody.emptyLatency
    private(set) var completed = 0
    private(set) var failures: [String] = []

    init(host: String, port: UInt16, concurrency: Int, exchanges: [Exchange]) throws(SocketError) {
        self.poller = try Poller()
        self.endpoint = try Endpoint(host: host, port: port)
        self.exchanges = exchanges
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
            self.slots[index] = Slot(socket: socket, began: began)
            socket.resetOnClose()
            let isAsked = self.ask(socket, self.exchanges[0])
            self.slots[index]?.isAsked = isAsked
            try self.poller.add(socket, isAsked ? .readable : .writable, token: UInt64(index))
        } catch {
            self.fail(index, "a handshake could not connect: \(error)")
        }
    }

    /// Sends the request; false when the connection does not stand yet.
    private func ask(_ socket: Socket, _ exchange: Exchange) -> Bool {
        exchange.request.withUnsafeBytes { socket.write($0) } == .moved(exchange.request.count)
    }

    /// Moves a slot on; returns whether its handshake is over.
    private func advance(_ index: Int) -> Bool {
        guard let slot = self.slots[index] else { return false }
        if slot.isAsked { return self.receive(index, slot) }
        guard slot.socket.pendingError == 0, self.ask(slot.socket, self.exchanges[0]) else {
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
        case .good: return self.answered(index, slot)
        }
        return true
    }

    /// Goes on to the next exchange; returns whether that was the last one.
    private func answered(_ index: Int, _ slot: Slot) -> Bool {
        let next = slot.exchange + 1
        if next < self.exchanges.count {
            self.slots[index]?.exchange = next
            self.slots[index]?.answer = []
            if self.ask(slot.socket, self.exchanges[next]) { return false }
            self.fail(index, "the primary closed the connection within the handshake")
            return true
        }
        self.latency.record(Clocks.monotonicNanoseconds - slot.began)
        self.completed += 1
        self.close(index)
        return true
    }

    private enum Outcome {
        case incomplete
        case good
        case wrong(String)
    }

    /// Whether the answer to the exchange under way is complete, and as expected. What follows its last line is the
    /// stream, and not looked at.
    private func judge(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Outcome {
        guard let slot = self.slots[index] else { return .incomplete }
        let answer = slot.answer.isEmpty ? Array(bytes) : slot.answer + bytes
        var rest = answer[...]
        for expected in self.exchanges[slot.exchange].answers {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
                self.slots[index]?.answer = answer
                return .incomplete
            }
            guard rest.starts(with: expected) else {
                return .wrong("unexpected answer: \(String(decoding: rest.prefix(80), as: UTF8.self))")
            }
            rest = rest[(end + 1)...]
        }
        return .good
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
