import Primitives
import Testing

@testable import Replication

@Suite struct ChunkTests {
    private func chunk(
        first: LSN,
        sizes: [Int],
        pool: ChunkPool = ChunkPool(spareCapacity: 4096)
    ) -> (chunk: Chunk, starts: [Int]) {
        let chunk = Chunk(first: first, capacity: sizes.reduce(0) { $0 + $1 + Frame.longestEnvelope }, pool: pool)
        var starts: [Int] = []
        for size in sizes {
            starts.append(chunk.used)
            mutation(bytes: size, marked: chunk.end).withUnsafeBytes { chunk.append($0) }
        }
        return (chunk, starts)
    }

    @Test("every frame is found where it begins, however many lie between two marks")
    func offsets() {
        var generator = SeededGenerator(seed: 3)
        for count in [1, 2, 63, 64, 65, 128, 129, 700] {
            let sizes = (0..<count).map { _ in Int.random(in: 16...90, using: &generator) }
            let (chunk, starts) = self.chunk(first: 95, sizes: sizes)
            #expect(chunk.count == count && chunk.end == 95 + LSN(count))
            for (index, start) in starts.enumerated() { #expect(chunk.offset(of: 95 + LSN(index)) == start) }
            #expect(chunk.offset(of: chunk.end) == chunk.used)
        }
    }

    @Test("the frames that lie wholly before an offset are counted right at every byte")
    func framesBefore() {
        var generator = SeededGenerator(seed: 4)
        let (chunk, starts) = self.chunk(
            first: 1,
            sizes: (0..<200).map { _ in Int.random(in: 16...40, using: &generator) }
        )
        let ends = starts.dropFirst() + [chunk.used]
        for offset in 0...chunk.used {
            #expect(chunk.framesBefore(offset) == ends.count { $0 <= offset }, "at \(offset)")
        }
    }

    @Test("memory counts as alive until the last holder lets go")
    func alive() {
        let pool = ChunkPool(spareCapacity: 4096)
        var first: Chunk? = Chunk(first: 1, capacity: 4096, pool: pool)
        var second: Chunk? = first
        let other = Chunk(first: 2, capacity: 100, pool: pool)
        #expect(pool.aliveBytes == 4196)
        first = nil
        #expect(pool.aliveBytes == 4196)
        withExtendedLifetime(second) {}
        second = nil
        #expect(pool.aliveBytes == 100)
        withExtendedLifetime((first, second, other)) {}
    }
}
