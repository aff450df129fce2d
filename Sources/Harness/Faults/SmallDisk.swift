// A disk that can be filled without hurting anybody: a file system in memory, mounted for the time of a trial. Mounting takes
// root.

import Glibc

final class SmallDisk {
    /// What fits onto it: the log of a minute at the rates of these trials, and the data.
    private static let bytes = 256 << 20
    private static let pieceBytes = 1 << 20

    /// Where it is mounted.
    let path: String
    private var isRemoved = false

    static var canBeMade: Bool { geteuid() == 0 && self.mountPath != nil }

    private static let mountPath = SmallDisk.program("mount")
    private static let unmountPath = SmallDisk.program("umount")

    private static func program(_ name: String) -> String? {
        let paths: [String] = ["/usr/bin/\(name)", "/bin/\(name)"]
        return paths.first { access($0, X_OK) == 0 }
    }

    init() throws(HarnessError) {
        self.path = try FileTree.makeTemporary("sluice-disk")
        let words = ["-t", "tmpfs", "-o", "size=\(Self.bytes)", "sluice", self.path]
        guard let program = Self.mountPath, Self.run(program, words) else {
            throw HarnessError(.targetUnavailable, "cannot mount a file system on \(self.path); that takes root")
        }
    }

    deinit { self.remove() }

    private var ballast: String { self.path + "/ballast" }

    /// Leaves no room.
    func fill() {
        let descriptor = open(self.ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        var size = piece.count
        // Smaller and smaller pieces, until not a byte fits.
        while size > 0 {
            if write(descriptor, piece, size) <= 0 { size /= 2 }
        }
    }

    /// Gives the room back.
    func empty() { unlink(self.ballast) }

    func remove() {
        guard !self.isRemoved else { return }
        self.isRemoved = true
        if let program = Self.unmountPath { _ = Self.run(program, ["-l", self.path]) }
        rmdir(self.path)
    }

    /// Runs a program to its end; whether it was content.
    private static func run(_ program: String, _ words: [String]) -> Bool {
        var arguments = ([program] + words).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        guard posix_spawn(&process, program, nil, nil, &arguments, environ) == 0 else { return false }
        var status: CInt = 0
        return waitpid(process, &status, 0) == process && status == 0
    }
}
