// Links that the backlog no longer covers go on from the log. The stream asks the shell for what comes next, a chunk at a
// time and one ahead, and takes what was read as it takes the backlog's chunks; where the backlog has the next frame, the
// link goes over to it by itself.

package import Primitives

/// A link's reading from the log.
struct DiskRead {
    /// Frames that were read ahead, following those that the link is being given.
    var next: Chunk?
    var isRequested = false
    /// The log did not have the next frame when it was asked: the writer is ahead of its disk.
    var isStarved = false
    /// What comes next cannot be read; what was read before it is still given.
    var hasFailed = false
    /// `Stream.logAdvances` when it was asked.
    var askedAt: UInt64 = 0
    /// Everything up to here has been read or asked for.
    var position: Position
    /// Bytes of the next request: small at first, so that the first frame does not wait for many.
    var bytes = DiskRead.shortest

    static let shortest = 16 << 10
    static let longest = 256 << 10
}

/// Frames that the shell is to read from the log.
package struct DiskRequest: Equatable, Sendable {
    package var link: UInt64
    /// The first frame is the one after it.
    package var position: Position
    /// Bytes of frames after which to stop; one frame is read even when it is larger.
    package var bytes: Int
}

/// What became of a request.
package enum DiskAnswer: Sendable {
    /// The frames, in a chunk whose first one is the one asked for; nil when the log does not have it yet.
    case read(Chunk?)
    /// The log does not have it any more, or it could not be read; for an operator.
    case failed(String)
}

extension Link {
    var isWaitingForDisk: Bool { self.diskRead.map { $0.isRequested && $0.next == nil } ?? false }
}

extension Stream {
    /// Moves a link to the frames that were read ahead for it, and asks for those after them; false when they are still to
    /// come.
    mutating func advanceOnDisk(_ index: Int) -> Bool {
        let position = self.links[index].position
        var read = self.links[index].diskRead ?? DiskRead(position: position)
        defer { self.links[index].diskRead = read }
        let arrived = read.next.take()
        if arrived == nil, read.hasFailed {
            self.close(index, .logUnreadable)
            return false
        }
        if let arrived { read.position = arrived.end - 1 }
        if !read.isRequested, self.backlog.isTooOld(after: read.position) {
            read.isRequested = true
            read.askedAt = self.logAdvances
            self.diskRequests.append(
                DiskRequest(link: self.links[index].number, position: read.position, bytes: read.bytes)
            )
            read.bytes = min(read.bytes * 2, DiskRead.longest)
        }
        guard let arrived else {
            self.links[index].cursor = nil
            return false
        }
        self.links[index].cursor = Backlog.Cursor(chunk: arrived, offset: 0)
        return true
    }

    /// What links need from the log, since the last call.
    package mutating func takeDiskRequests() -> [DiskRequest] {
        guard !self.diskRequests.isEmpty else { return [] }
        defer { self.diskRequests.removeAll(keepingCapacity: true) }
        return self.diskRequests
    }

    /// The answer to a request.
    package mutating func diskAnswered(_ request: DiskRequest, _ answer: DiskAnswer) {
        // The link may have gone over to the backlog meanwhile, and even fallen out of it again.
        guard let index = self.index(of: request.link), let read = self.links[index].diskRead,
            read.isRequested, read.position == request.position
        else { return }
        switch answer {
        case .read(let chunk?):
            self.links[index].diskRead?.isRequested = false
            self.links[index].diskRead?.next = chunk
        case .read(nil):
            // What the log got while the answer was on its way may be all that it gets.
            if read.askedAt == self.logAdvances {
                self.links[index].diskRead?.isStarved = true
            } else {
                self.links[index].diskRead?.isRequested = false
            }
        case .failed:
            self.unreadable = max(self.unreadable ?? 0, request.position)
            if self.links[index].hasChunkOutput {
                self.links[index].diskRead?.hasFailed = true
            } else {
                self.close(index, .logUnreadable)
            }
        }
    }

    /// More is in the log's files now: links that waited for it may ask again.
    package mutating func logAdvanced() {
        guard self.canReadLog else { return }
        self.logAdvances += 1
        for index in self.links.indices where self.links[index].diskRead?.isStarved == true {
            self.links[index].diskRead?.isStarved = false
            self.links[index].diskRead?.isRequested = false
        }
    }
}
