// Registers of a group that are written and read at the same time, the reads with READ CONSISTENT.

import Sockets
import Synchronization

final class GroupRegisters: Sendable {
    private static let count = 2
    /// A read that waits for the majority of a leader that was stopped is answered when that goes on.
    private static let faithfulSeconds = 6.0

    private let book = Mutex(RegisterBook(registers: GroupRegisters.count))

    var findings: RegisterBook { self.book.withLock { $0 } }

    private static func key(_ register: Int) -> String { "register:\(register)" }

    /// A writer for each register, and as many readers.
    func workers(ports: [UInt16]) throws(HarnessError) -> [GroupWorker] {
        var workers: [GroupWorker] = []
        for register in 0..<Self.count {
            workers.append(try self.writer(register, ports: ports))
            workers.append(try self.reader(ports: ports, member: register % ports.count))
        }
        return workers
    }

    /// A reader that stays with one member, whatever that says.
    func faithfulReader(ports: [UInt16], member: Int) throws(HarnessError) -> GroupWorker {
        try self.reader(ports: ports, member: member, isFaithful: true)
    }

    private func writer(_ register: Int, ports: [UInt16]) throws(HarnessError) -> GroupWorker {
        try GroupWorker(name: "register-writer") {
            let client = GroupClient(ports: ports, member: register % ports.count)
            return {
                let value = self.book.withLock { $0.begin(register) }
                let member = client.member
                switch client.ask(["SET", Self.key(register), "\(value)"]) {
                case .reply(.simple("OK")): self.book.withLock { $0.acknowledged(value, in: register, by: member) }
                case .moved, .unreachable, .reply, .unknown: Pause.milliseconds(2)
                }
            }
        }
    }

    private func reader(ports: [UInt16], member: Int, isFaithful: Bool = false) throws(HarnessError) -> GroupWorker {
        try GroupWorker(name: "register-reader") {
            let client = GroupClient(
                ports: ports,
                member: member,
                isFaithful: isFaithful,
                seconds: isFaithful ? Self.faithfulSeconds : 2,
                greeting: ["READ", "CONSISTENT"]
            )
            var register = 0
            return {
                register = (register + 1) % Self.count
                let least = self.book.withLock { $0.least(in: register) }
                let member = client.member
                switch client.ask(["GET", Self.key(register)]) {
                case .reply(.bulk(let text)):
                    let value = text.map { UInt32($0) ?? .max } ?? 0
                    self.book.withLock { $0.saw(value, in: register, at: member, atLeast: least) }
                case .moved, .unreachable, .reply, .unknown: Pause.milliseconds(2)
                }
            }
        }
    }
}
