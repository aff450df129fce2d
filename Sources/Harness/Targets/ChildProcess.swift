// A server that the harness starts: in a temporary directory of its own, dead when the harness is dead, and gone without
// a trace after `stop`.

import CLinux
import Glibc
import Sockets

package final class ChildProcess {
    package let process: Int32
    private let directory: String
    private let logPath: String
    private var isRunning = true
    /// How long a server may take to stop by itself before it is killed.
    private static let graceNanoseconds: UInt64 = 3_000_000_000
    /// The end of a server's output that an error message quotes, in bytes.
    private static let quotedOutput = 2000

    /// - Parameters:
    ///   - executable: an absolute path.
    ///   - environment: added to that of this process.
    package init(_ executable: String, _ arguments: [String], environment: [String: String]) throws(HarnessError) {
        self.directory = try FileTree.makeTemporary("sluice-bench")
        self.logPath = self.directory + "/output.log"
        let log = open(self.logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw HarnessError(.targetUnavailable, "cannot write to \(self.directory)") }
        defer { close(log) }
        let directory = self.directory
        let resolved = arguments.map { $0.replacing(Self.directoryPlaceholder, with: directory) }
        self.process = Self.spawn([executable] + resolved, Self.merged(environment), log)
        guard self.process > 0 else {
            let reason = String(cString: strerror(errno))
            // What ends here is torn down by `stop`, which must not signal a process that never was: -1 is everybody.
            self.isRunning = false
            throw HarnessError(.targetUnavailable, "cannot start \(executable): \(reason)")
        }
    }

    deinit { self.stop() }

    /// In an argument, stands for the child's temporary directory.
    static let directoryPlaceholder = "{directory}"

    /// The end of what the server wrote to its outputs.
    package var outputTail: String {
        let descriptor = open(self.logPath, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        lseek(descriptor, max(0, size - Self.quotedOutput), SEEK_SET)
        var bytes = [UInt8](repeating: 0, count: Self.quotedOutput)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    /// Whether the server still runs.
    package func isAlive() -> Bool {
        guard self.isRunning else { return false }
        var status: CInt = 0
        if waitpid(self.process, &status, WNOHANG) == self.process { self.isRunning = false }
        return self.isRunning
    }

    /// Ends the server at once, as a crash does; what it wrote to its outputs stays until `stop`.
    package func crash() {
        guard self.isAlive() else { return }
        kill(self.process, SIGKILL)
        var status: CInt = 0
        waitpid(self.process, &status, 0)
        self.isRunning = false
    }

    /// Stops the server where it is, until `goOn`.
    package func pause() { if self.isAlive() { kill(self.process, SIGSTOP) } }
    package func goOn() { if self.isAlive() { kill(self.process, SIGCONT) } }

    /// The largest file of a child that is read, in bytes; a profile of its instructions has a few hundred thousand.
    private static let largestFile = 16 << 20
    /// How long a tool may take to write its summary when the server has ended.
    private static let summarySeconds = 5.0

    /// Asks the server to stop, and gives all that it wrote to its outputs. Its directory stays until `stop`.
    package func finish() -> String {
        self.end()
        return Self.contents(of: self.logPath) ?? ""
    }

    /// A file in its directory; nil when there is none.
    package func file(_ name: String) -> String? { Self.contents(of: "\(self.directory)/\(name)") }

    /// As `file`, for one that a tool writes in its own time.
    package func fileOnceWritten(_ name: String) -> String? {
        let deadline = Clocks.monotonicNanoseconds + UInt64(Self.summarySeconds * 1e9)
        while Clocks.monotonicNanoseconds < deadline {
            if let text = self.file(name), !text.isEmpty { return text }
            usleep(5_000)
        }
        return nil
    }

    private static func contents(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count < self.largestFile {
            let count = read(descriptor, &piece, piece.count)
            if count <= 0 { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Asks the server to stop, kills it if it does not, and removes its directory.
    package func stop() {
        defer { clinux_remove_tree(self.directory) }
        self.end()
    }

    private func end() {
        guard self.isAlive() else { return }
        kill(self.process, SIGTERM)
        let deadline = Clocks.monotonicNanoseconds + Self.graceNanoseconds
        while self.isAlive(), Clocks.monotonicNanoseconds < deadline { usleep(5_000) }
        self.crash()
    }

    // MARK: - The system's side

    /// The first executable of that name in PATH.
    package static func find(_ name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    private static func spawn(_ words: [String], _ environment: [String], _ output: CInt) -> CInt {
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        return clinux_spawn(words[0], &arguments, &variables, output)
    }

    private static func merged(_ added: [String: String]) -> [String] {
        var variables: [String] = []
        var entry = environ
        while let text = entry.pointee {
            let variable = String(cString: text)
            if added[String(variable.prefix { $0 != "=" })] == nil { variables.append(variable) }
            entry += 1
        }
        return variables + added.map { "\($0.key)=\($0.value)" }
    }
}
