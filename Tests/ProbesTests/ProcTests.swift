import Testing

@testable import Probes

@Suite struct ProcTests {
    @Test("resident and proportional sets are read from a roll-up")
    func memory() throws {
        let text = "5616-7ffe ---p 00000000 00:00 0   [rollup]\nRss:     1776 kB\nPss:      547 kB\nPss_Dirty: 112 kB\n"
        let memory = try #require(ProcessMemory(parsing: text))
        #expect(memory.resident == 1776 * 1024)
        #expect(memory.proportional == 547 * 1024)
        #expect(ProcessMemory(parsing: "Rss: 1 kB\n") == nil)
    }

    @Test("this process has memory, and one that cannot exist has none")
    func ownMemory() throws {
        let own = try #require(ProcessMemory.read(process: ownProcess))
        #expect(own.resident >= own.proportional && own.proportional > 0)
        #expect(ProcessMemory.read(process: Int32.max) == nil)
    }

    @Test("processor time of a process goes up while it works, in nanoseconds")
    func processorTime() throws {
        let before = try #require(ProcessorTime.read(process: ownProcess))
        var sum: UInt64 = 1
        while ProcessorTime.ownNanoseconds < before.nanoseconds + 2_000_000 { sum = sum &* 31 &+ 7 }
        let after = try #require(ProcessorTime.read(process: ownProcess))
        #expect(sum != 0)
        #expect(after.nanoseconds >= before.nanoseconds + 2_000_000)
        #expect(after.resolution == .nanoseconds)
        #expect(ProcessorTime.read(process: Int32.max) == nil)
    }

    @Test("ticks are found behind a command name with blanks and brackets")
    func ticks() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20"
        #expect(ProcessorTime.ticks(parsing: "77 (a (b) c) \(fields)") == 300)
        #expect(ProcessorTime.ticks(parsing: "77 (a (b) c) \(fields)", ofChildren: true) == 0)
        #expect(ProcessorTime.ticks(parsing: "77 (cut) S 1 2") == nil)
        #expect(ProcessorTime.ticks(parsing: "") == nil)
    }

    @Test("a child's private pages are read from its roll-up, and a process without children is its own tree")
    func tree() throws {
        let text = "Rss: 90 kB\nPrivate_Clean:  4 kB\nPrivate_Dirty: 16 kB\n"
        #expect(ProcessTree.privateBytes(parsing: text) == 20 * 1024)
        #expect(ProcessTree.privateBytes(parsing: "Rss: 90 kB\n") == nil)
        #expect(try #require(ProcessTree.resident(self.ownProcess)) > 1 << 20)
        #expect(ProcessTree.privateBytesOfChildren(of: self.ownProcess) >= 0)
        #expect(try #require(ProcessTree.processorNanoseconds(of: self.ownProcess)) > 0)
        #expect(ProcessTree.resident(Int32.max) == nil)
        #expect(ProcessTree.processorNanoseconds(of: Int32.max) == nil)
    }

    @Test("the stolen share is the hypervisor's part of all ticks between two readings")
    func stolen() throws {
        let pressure = "some avg10=0.93 avg60=2.01 avg300=0.78 total=4857\nfull avg10=0.00 total=0\n"
        let first = try #require(Pressure(stat: "cpu  100 0 100 700 0 0 0 100 0 0\ncpu0 1\n", pressure: pressure))
        let second = try #require(Pressure(stat: "cpu  150 0 150 750 0 0 0 150 0 0\n", pressure: nil))
        #expect(first.waitedMicroseconds == 4857)
        #expect(second.waitedMicroseconds == nil)
        #expect(second.stolenShare(since: first) == 0.25)
        #expect(first.stolenShare(since: first) == 0)
        #expect(Pressure(stat: "nothing here", pressure: nil) == nil)
    }

    @Test("facts of the machine are there")
    func machine() {
        #expect(Machine.processorCount >= 1)
        #expect(Machine.kernel.hasPrefix("Linux "))
        #expect(Machine.memoryBytes.map { $0 > 1 << 20 } == true)
        #expect(Machine.kernelSetting("net/ipv4/tcp_wmem")?.split(separator: " ").count == 3)
        #expect(Machine.kernelSetting("no/such/setting") == nil)
        #expect(DescriptorLimit.raise() >= 1)
    }

    /// The kernel's name for this process, as the files under test report it.
    private var ownProcess: Int32 {
        let text = ProcFile.text("/proc/self/stat") ?? ""
        return text.split(separator: " ").first.flatMap { Int32($0) } ?? 0
    }
}
