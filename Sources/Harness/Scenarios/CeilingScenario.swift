// What this machine can do without any server: a bare loop that writes one shared buffer to N loopback sockets, and
// memcpy. A report sets a server's figures against these.

import Glibc
import Measurement
import Probes
import Sockets
import Workload

package enum CeilingScenario {
    package static let name = "ceiling"

    /// The region that is written again and again, as large as a chunk of the engine's backlog.
    private static let regionBytes = 1 << 20
    /// One write, as large as a link's share of a turn.
    private static let pieceBytes = 256 * 1024
    /// `*2\r\n:1234567\r\n`, what a frame adds to its command.
    private static let envelopeBytes = 14
    private static let seconds = 0.3
    /// Copied from and to; larger than the caches, as a stream's bytes are.
    private static let copyBytes = 64 << 20
    private static let copyRounds = 4
    /// Taken from the system for the first time.
    private static let grownBytes = 32 << 20

    static func run(_ ceiling: CeilingCase) throws(HarnessError) -> Trial {
        var trial = Trial()
        do throws(SocketError) {
            let pairs = try LoopbackPairs(count: ceiling.sockets)
            defer { pairs.stop() }
            trial.phaseEnded("provision")
            let result = Self.write(to: pairs)
            let frame = Double(Self.envelopeBytes + SetBatch.commandSize(valueSize: ceiling.valueSize))
            let deliveries = Double(result.bytes) / frame
            let processor = Double(result.processorNanoseconds) / 1000 / deliveries
            trial.add("cpu_per_delivery", processor, unit: "us", better: .lower)
            let elapsed = Double(result.elapsedNanoseconds) / 1e9
            trial.add("delivered_rate", deliveries / elapsed, unit: "1/s", better: .higher)
        } catch {
            throw HarnessError(.targetUnavailable, "the ceiling cannot be measured: \(error)")
        }
        trial.add("memory_copy_rate", Self.copyRate(), unit: "B/s", better: .higher)
        trial.add("memory_grow_rate", Self.growRate(), unit: "B/s", better: .higher)
        trial.phaseEnded("measure")
        return trial
    }

    private struct Result {
        var bytes: UInt64 = 0
        var processorNanoseconds: UInt64 = 0
        var elapsedNanoseconds: UInt64 = 0
    }

    private static func write(to pairs: LoopbackPairs) -> Result {
        let region = [UInt8](repeating: UInt8(ascii: "x"), count: Self.regionBytes)
        var offsets = [Int](repeating: 0, count: pairs.writers.count)
        var result = Result()
        let processor = Clocks.threadProcessorNanoseconds
        let began = Clocks.monotonicNanoseconds
        let end = began + UInt64(Self.seconds * 1e9)
        while Clocks.monotonicNanoseconds < end {
            var moved = 0
            for (index, socket) in pairs.writers.enumerated() {
                let from = offsets[index]
                let piece = from..<min(from + Self.pieceBytes, region.count)
                let outcome = region.withUnsafeBytes { socket.write(UnsafeRawBufferPointer(rebasing: $0[piece])) }
                guard case .moved(let count) = outcome else { continue }
                offsets[index] = (from + count) % region.count
                moved += count
            }
            result.bytes += UInt64(moved)
            if moved == 0 { pairs.waitUntilWritable() }
        }
        result.processorNanoseconds = Clocks.threadProcessorNanoseconds - processor
        result.elapsedNanoseconds = Clocks.monotonicNanoseconds - began
        return result
    }

    /// How fast this process gets memory that it never had. Some virtual machines get theirs from their host only when it is touched,
    /// and give it back when it is free: there everything that grows (a backlog that fills, files in the page cache) costs many times
    /// what it does elsewhere. nil when there is none to be had.
    private static func growRate() -> Double? {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        let pages = mmap(nil, Self.grownBytes, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let pages, pages != MAP_FAILED else { return nil }
        defer { munmap(pages, Self.grownBytes) }
        let began = Clocks.monotonicNanoseconds
        for offset in stride(from: 0, to: Self.grownBytes, by: Int(sysconf(CInt(_SC_PAGESIZE)))) {
            pages.storeBytes(of: 1, toByteOffset: offset, as: UInt8.self)
        }
        return Double(Self.grownBytes) / (Double(Clocks.monotonicNanoseconds - began) / 1e9)
    }

    private static func copyRate() -> Double {
        let source = UnsafeMutableRawPointer.allocate(byteCount: Self.copyBytes, alignment: 4096)
        let target = UnsafeMutableRawPointer.allocate(byteCount: Self.copyBytes, alignment: 4096)
        defer {
            source.deallocate()
            target.deallocate()
        }
        // Touched once before, so that page faults are not what is measured.
        memset(source, 1, Self.copyBytes)
        memset(target, 2, Self.copyBytes)
        let began = Clocks.monotonicNanoseconds
        for round in 0..<Self.copyRounds {
            memcpy(target, source, Self.copyBytes)
            source.storeBytes(of: target.load(fromByteOffset: round, as: UInt8.self), as: UInt8.self)
        }
        let elapsed = Double(Clocks.monotonicNanoseconds - began) / 1e9
        return Double(Self.copyBytes * Self.copyRounds) / elapsed
    }
}
