// What one command did to the data, as the argument vectors that do the same to any replica at any time. Most writes are
// their own mutation: their bytes travel as they came. The others are written out here.

package import Primitives
import RESP

/// The mutations of one command, in the order in which they must be numbered. Used again for every command.
package final class Mutations {
    private let writer = Writer()
    private var ends: [Int] = []
    /// The command itself is the last mutation, byte for byte.
    package private(set) var isVerbatim = false

    package init() {}

    package var isEmpty: Bool { !self.isVerbatim && self.ends.isEmpty }

    /// How many mutations were written out; they come before the command itself.
    package var count: Int { self.ends.count }

    /// A mutation that was written out, as an array of bulk strings.
    package subscript(index: Int) -> Bytes {
        let start = index == 0 ? 0 : self.ends[index - 1]
        return Bytes(rebasing: self.writer.bytes[start..<self.ends[index]])
    }

    package func removeAll() {
        self.isVerbatim = false
        guard !self.ends.isEmpty else { return }
        self.ends.removeAll(keepingCapacity: true)
        self.writer.removeAll()
    }

    /// The command replays as it is.
    func verbatim() { self.isVerbatim = true }

    /// Writes a mutation out. `body` must write as many bulk strings as were announced.
    func append(arguments: Int, _ body: (Writer) -> Void) {
        self.writer.array(arguments)
        body(self.writer)
        self.ends.append(self.writer.count)
    }

    /// `DEL key`: what a key's end looks like to a replica.
    func appendRemoval(of key: Bytes) {
        self.append(arguments: 2) {
            $0.bulk("DEL")
            $0.bulk(key)
        }
    }
}
