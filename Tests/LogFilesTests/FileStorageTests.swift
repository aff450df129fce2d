import Glibc
import LogFiles
import Primitives
import ReplicationLog
import Testing

@Suite struct FileStorageTests {
    private let directory = TemporaryDirectory()

    @Test("a missing directory is made with those above it, for the owner alone")
    func directories() throws {
        for path in ["/a/b/c", "/a/b/c", "/d//e/", "/a/f"] {
            _ = try FileStorage(self.directory.path + path)
            var facts = stat()
            #expect(stat(self.directory.path + path, &facts) == 0)
            #expect(facts.st_mode & 0o777 == 0o700)
        }
    }

    @Test("a path that leads through a file is refused")
    func fileInTheWay() throws {
        _ = try FileStorage(self.directory.path).open("file", create: true)
        for path in ["/file", "/file/log"] {
            let error = #expect(throws: StorageError.self) { try FileStorage(self.directory.path + path) }
            #expect(error?.code == .other)
        }
        let error = #expect(throws: StorageError.self) { try FileStorage("") }
        #expect(error?.code == .missing)
    }

    @Test("what the system forgets is read from the disk")
    func uncaching() throws {
        let storage = try FileStorage(self.directory.path + "/log")
        let file = try storage.open("one", create: true)
        let bytes = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 / 7) }
        try file.writeAll(bytes, at: 0)
        try file.sync()
        let before = try self.cachedPages(of: "log/one", bytes: bytes.count)
        file.uncache(0..<bytes.count)
        #expect(try file.bytes(at: 0, count: 16) == Array(bytes[..<16]))
        #expect(try file.bytes(at: 0, count: bytes.count) == bytes)
        file.uncache(0..<bytes.count)
        // In a file system that has no disk there is nothing to forget.
        guard try !self.isInMemory() else { return }
        #expect(before > 0)
        #expect(try self.cachedPages(of: "log/one", bytes: bytes.count) == 0)
    }

    private func cachedPages(of name: String, bytes: Int) throws -> Int {
        let descriptor = open(self.directory.path + "/" + name, O_RDONLY)
        defer { close(descriptor) }
        let memory = try #require(mmap(nil, bytes, PROT_READ, MAP_SHARED, descriptor, 0))
        try #require(memory != MAP_FAILED)
        defer { munmap(memory, bytes) }
        var pages = [UInt8](repeating: 0, count: (bytes + 4095) / 4096)
        try #require(mincore(memory, bytes, &pages) == 0)
        return pages.count { $0 & 1 == 1 }
    }

    private func isInMemory() throws -> Bool {
        let mounts = try FileStorage.file(at: "/proc/mounts").bytes(at: 0, count: 1 << 16)
        return String(decoding: mounts, as: UTF8.self).contains(" /tmp tmpfs ")
    }

    @Test("what was written is read, by this handle and by a later one")
    func contents() throws {
        let storage = try FileStorage(self.directory.path + "/log")
        let file = try storage.open("one", create: true)
        #expect(try file.size() == 0)
        #expect(try file.bytes(at: 0, count: 10).isEmpty)
        try file.writeAll(Array("hello world".utf8), at: 0)
        try file.writeAll(Array("W".utf8), at: 6)
        try file.writeAll([UInt8](), at: 3)
        try file.sync()
        try storage.syncDirectory()
        #expect(try file.size() == 11)
        #expect(try file.bytes(at: 6, count: 100) == Array("World".utf8))
        #expect(try storage.open("one", create: false).bytes(at: 0, count: 5) == Array("hello".utf8))
        #expect(try storage.contents(of: "one") == Array("hello World".utf8))
        try file.truncate(to: 5)
        #expect(try storage.contents(of: "one") == Array("hello".utf8))
        try file.writeAll([1], at: 7)
        #expect(try storage.contents(of: "one") == Array("hello".utf8) + [0, 0, 1])
    }

    @Test("opening to create leaves what is there")
    func createsOnce() throws {
        let storage = try FileStorage(self.directory.path)
        try storage.open("one", create: true).writeAll([1, 2, 3], at: 0)
        #expect(try storage.open("one", create: true).size() == 3)
    }

    @Test("the list has the files with their sizes, and no directories")
    func list() throws {
        let storage = try FileStorage(self.directory.path)
        #expect(try storage.list().isEmpty)
        _ = try FileStorage(self.directory.path + "/inner")
        for (name, size) in [("one", 10), ("two", 0), ("three.rdlw", 70_000)] {
            try storage.open(name, create: true).writeAll([UInt8](repeating: 7, count: size), at: 0)
        }
        for _ in 0..<2 {
            let files = try storage.list().sorted { $0.name < $1.name }
            #expect(
                files == [
                    StoredFile(name: "one", bytes: 10), StoredFile(name: "three.rdlw", bytes: 70_000),
                    StoredFile(name: "two", bytes: 0),
                ]
            )
        }
    }

    @Test("a missing file is told from other failures, with the call and the file")
    func missing() throws {
        let storage = try FileStorage(self.directory.path)
        let failures: [(String, () throws -> Void)] = [
            ("open none: No such file or directory", { _ = try storage.open("none", create: false) }),
            ("unlink none: No such file or directory", { try storage.remove("none") }),
            ("rename none: No such file or directory", { try storage.rename("none", to: "some") }),
        ]
        for (words, call) in failures {
            let error = #expect(throws: StorageError.self) { try call() }
            #expect(error?.code == .missing)
            #expect(error?.description == words)
        }
        #expect(try storage.contents(of: "none") == nil)
    }

    @Test("renaming replaces the target, and an open handle keeps the file that it opened")
    func rename() throws {
        let storage = try FileStorage(self.directory.path)
        try storage.replace("state", with: [1])
        let old = try storage.open("state", create: false)
        try storage.replace("state", with: [2, 2])
        #expect(try storage.contents(of: "state") == [2, 2])
        #expect(try old.bytes(at: 0, count: 9) == [1])
        try storage.remove("state")
        #expect(try storage.list().isEmpty)
        #expect(try old.bytes(at: 0, count: 9) == [1])
    }

    @Test("the descriptor of a handle is closed with its last reference")
    func descriptors() throws {
        let storage = try FileStorage(self.directory.path)
        // Other tests open and close files meanwhile: a leak of hundreds would show all the same.
        for _ in 0..<500 {
            _ = try storage.open("one", create: true)
            _ = try storage.list()
            _ = try? storage.open("none", create: false)
        }
        var facts = stat()
        #expect(fstat(400, &facts) != 0, "descriptors were left open")
    }

    @Test("a file size limit shows as a full disk")
    func fileSizeLimit() throws {
        // The limit is the process's own, and it is a far one, so that other tests do not meet it.
        signal(SIGXFSZ, SIG_IGN)
        let limit = 1 << 30
        var before = rlimit()
        #expect(getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before) == 0)
        var lowered = rlimit(rlim_cur: rlim_t(limit), rlim_max: before.rlim_max)
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &lowered) == 0)
        defer { setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before) }
        let file = try FileStorage(self.directory.path).open("one", create: true)
        let bytes = [UInt8](repeating: 1, count: 100)
        let written = try bytes.withUnsafeBytes { try file.write($0, at: limit - 10) }
        #expect(written == 10)
        let error = #expect(throws: StorageError.self) { try file.writeAll(bytes, at: limit) }
        #expect(error?.code == .noSpace)
        #expect(try file.size() == limit)
    }

    @Test("a full disk is told as one")
    func fullDevice() {
        #expect(StorageError(errno: ENOSPC, operation: "write", file: "a").code == .noSpace)
        #expect(StorageError(errno: EDQUOT, operation: "write", file: "a").code == .noSpace)
        #expect(StorageError(errno: EFBIG, operation: "write", file: "a").code == .noSpace)
        #expect(StorageError(errno: ENOENT, operation: "open", file: "a").code == .missing)
        #expect(
            StorageError(errno: EIO, operation: "write", file: "a")
                == StorageError(.other, operation: "write", file: "a", reason: "Input/output error")
        )
        #expect(StorageError(errno: 9_999, operation: "write", file: "a").reason == "Unknown error 9999")
    }
}
