/// Whether reads of registers are linearizable. A register has one writer, who writes 1, 2, 3 … one after the other, so that a history of
/// any length can be checked as it goes: a read must see at least what was acknowledged, or seen by another read, before it began,
/// and nothing that has not been begun. (Whether a write of unknown outcome came to be is open until somebody has seen it.)
struct RegisterBook: Sendable {
    private struct Register: Sendable {
        var begun: UInt32 = 0
        /// The highest value that was acknowledged, or seen.
        var known: UInt32 = 0
        /// How that came to be known.
        var source = ""

        mutating func learn(_ value: UInt32, _ source: @autoclosure () -> String) {
            guard value > self.known else { return }
            self.known = value
            self.source = source()
        }
    }

    /// Of reads that were not good, so many are described.
    private static let mostComplaints = 5

    private var registers: [Register]
    private(set) var reads = 0
    /// Reads that saw less than was known when they began.
    private(set) var stale = 0
    /// Reads that saw what nobody had begun to write.
    private(set) var invented = 0
    /// What was wrong with the first of them.
    private(set) var complaints: [String] = []

    init(registers: Int) { self.registers = Array(repeating: Register(), count: registers) }

    var count: Int { self.registers.count }

    /// Begins the next write.
    /// - Returns: its value.
    mutating func begin(_ register: Int) -> UInt32 {
        self.registers[register].begun += 1
        return self.registers[register].begun
    }

    /// - Parameter member: who acknowledged it.
    mutating func acknowledged(_ value: UInt32, in register: Int, by member: Int) {
        self.registers[register].learn(value, "acknowledged by member \(member + 1)")
    }

    /// What a read that begins now must see at least.
    func least(in register: Int) -> UInt32 { self.registers[register].known }

    /// A read has ended.
    /// - Parameters:
    ///   - value: 0 for a register that is not there.
    ///   - member: who answered.
    ///   - least: as it was when the read began.
    mutating func saw(_ value: UInt32, in register: Int, at member: Int, atLeast least: UInt32) {
        self.reads += 1
        if value < least {
            self.stale += 1
            self.complain(
                value,
                register,
                member,
                "less than \(least), which was known; most is \(self.known(register))"
            )
        } else if value > self.registers[register].begun {
            self.invented += 1
            self.complain(value, register, member, "more than \(self.registers[register].begun), the last one begun")
        } else {
            self.registers[register].learn(value, "seen at member \(member + 1)")
        }
    }

    private func known(_ register: Int) -> String {
        "\(self.registers[register].known), \(self.registers[register].source)"
    }

    private mutating func complain(_ value: UInt32, _ register: Int, _ member: Int, _ problem: String) {
        guard self.complaints.count < Self.mostComplaints else { return }
        self.complaints.append("register \(register) was \(value) at member \(member + 1): \(problem)")
    }
}
