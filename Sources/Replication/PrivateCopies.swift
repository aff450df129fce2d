// What every link would hold if the stream were not shared: its own copy of each byte from the moment of the write until
// the peer takes it. Kept as a control (`--fan-out copy`), so that the harness can show what sharing saves.

import DequeModule
import Glibc
import Primitives

final class PrivateCopies {
    private var blocks: Deque<UnsafeMutableRawBufferPointer> = []
    private let blockBytes: Int
    /// Bytes written into the last block.
    private var filled = 0
    /// Bytes taken from the first block.
    private var taken = 0
    private(set) var count = 0

    init(blockBytes: Int) { self.blockBytes = blockBytes }

    deinit {
        for block in self.blocks { block.deallocate() }
    }

    var allocatedBytes: Int { self.blocks.count * self.blockBytes }

    func append(_ bytes: Bytes) {
        var rest = bytes
        while let source = rest.baseAddress, rest.count > 0 {
            if self.blocks.isEmpty || self.filled == self.blockBytes {
                self.blocks.append(.allocate(byteCount: self.blockBytes, alignment: 16))
                self.filled = 0
            }
            guard let block = self.blocks.last?.baseAddress else { return }
            let length = min(self.blockBytes - self.filled, rest.count)
            memcpy(block + self.filled, source, length)
            self.filled += length
            self.count += length
            rest = Bytes(rebasing: rest.dropFirst(length))
        }
    }

    /// The oldest bytes that lie together.
    var front: Bytes {
        guard let block = self.blocks.first else { return Bytes(start: nil, count: 0) }
        let end = self.blocks.count == 1 ? self.filled : self.blockBytes
        return Bytes(rebasing: Bytes(block)[self.taken..<end])
    }

    func removeFirst(_ count: Int) {
        self.taken += count
        self.count -= count
        if self.taken == self.blockBytes || self.count == 0, let block = self.blocks.popFirst() {
            block.deallocate()
            self.taken = 0
            if self.blocks.isEmpty { self.filled = 0 }
        }
    }
}
