import Glibc
import LogFiles
import ReplicationLog
import Testing

@Suite struct DirectoryLockTests {
    private let directory = TemporaryDirectory()

    @Test("a directory is held once, and free again when the holder goes")
    func once() throws {
        var lock: DirectoryLock? = try DirectoryLock(self.directory.path)
        for _ in 0..<2 {
            let error = #expect(throws: StorageError.self) { try DirectoryLock(self.directory.path) }
            #expect(
                error?.description == "lock \(self.directory.path): another process (pid \(getpid())) uses this "
                    + "directory; stop it or give another directory"
            )
        }
        withExtendedLifetime(lock) {}
        lock = nil
        _ = try DirectoryLock(self.directory.path)
    }

    @Test("a file left behind by a process that died does not hold the directory")
    func leftBehind() throws {
        let storage = try FileStorage(self.directory.path)
        try storage.open(DirectoryLock.fileName, create: true).writeAll(Array("77\n".utf8), at: 0)
        let lock = try DirectoryLock(self.directory.path)
        withExtendedLifetime(lock) {}
    }

    @Test("a missing directory is told as one")
    func missing() {
        let error = #expect(throws: StorageError.self) { try DirectoryLock(self.directory.path + "/none") }
        #expect(error?.code == .missing)
    }
}
