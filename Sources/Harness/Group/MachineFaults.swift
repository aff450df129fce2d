// What goes wrong with a machine: its disk gets slow, its clock jumps. A library of a page stands before the system's calls in the
// processes of such a machine, and looks into a file for what it should do to them. It is compiled when it is needed.

import Glibc
import Sockets

final class MachineFaults {
    /// What the library reads; two 64-bit integers of the machine's own byte order.
    private struct Settings {
        /// By which every sync takes longer.
        var syncMicroseconds: Int64 = 0
        /// By which the clock of the day is wrong.
        var clockMilliseconds: Int64 = 0
    }

    private static let compileSeconds = 60.0

    private let directory: String
    private let library: String
    private var settings: [Settings]

    /// - Parameter directory: for the library and the settings.
    init(in directory: String, machines: Int) throws(HarnessError) {
        self.directory = directory
        self.library = "\(directory)/machine-faults.so"
        self.settings = Array(repeating: Settings(), count: machines)
        for machine in 0..<machines { try FileTree.write(Self.bytes(Settings()), to: self.path(machine)) }
        try self.compile()
    }

    private func compile() throws(HarnessError) {
        guard let compiler = ["cc", "clang", "gcc"].lazy.compactMap({ ChildProcess.find($0) }).first else {
            throw HarnessError(
                .targetUnavailable,
                "slow disks and jumping clocks take a C compiler: install one, with apt-get install gcc for instance"
            )
        }
        let source = "\(self.directory)/machine-faults.c"
        try FileTree.write(Array(Self.source.utf8), to: source)
        let arguments = ["-shared", "-fPIC", "-O1", "-o", self.library, source, "-ldl"]
        let run = try ChildProcess(compiler, arguments, environment: [:])
        try Wait.until("the C compiler to end", withinSeconds: Self.compileSeconds) { () throws(HarnessError) in
            !run.isAlive()
        }
        guard access(self.library, R_OK) == 0 else {
            throw HarnessError(.targetUnavailable, "\(compiler) does not compile:\n\(run.outputTail)")
        }
    }

    private func path(_ machine: Int) -> String { "\(self.directory)/machine-\(machine + 1)" }

    private static func bytes(_ settings: Settings) -> [UInt8] {
        withUnsafeBytes(of: (settings.syncMicroseconds, settings.clockMilliseconds)) { Array($0) }
    }

    /// With which processes of a machine are started.
    func environment(of machine: Int) -> [String: String] {
        ["LD_PRELOAD": self.library, "SLUICE_MACHINE_FAULTS": self.path(machine)]
    }

    func slowDisk(of machine: Int, milliseconds: Int) throws(HarnessError) {
        self.settings[machine].syncMicroseconds = Int64(milliseconds) * 1000
        try self.show(machine)
    }

    func moveClock(of machine: Int, seconds: Int) throws(HarnessError) {
        self.settings[machine].clockMilliseconds = Int64(seconds) * 1000
        try self.show(machine)
    }

    func mend() throws(HarnessError) {
        for machine in self.settings.indices {
            self.settings[machine] = Settings()
            try self.show(machine)
        }
    }

    /// Processes have the file in their memory: it is changed where it is, not replaced.
    private func show(_ machine: Int) throws(HarnessError) {
        let descriptor = open(self.path(machine), O_WRONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let bytes = Self.bytes(self.settings[machine])
        guard descriptor >= 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw HarnessError(.targetFailed, "cannot write to \(self.path(machine))")
        }
    }

    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <fcntl.h>
        #include <stdint.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>

        static const volatile int64_t *settings;
        static int (*real_fdatasync)(int), (*real_fsync)(int), (*real_clock_gettime)(clockid_t, struct timespec *);

        __attribute__((constructor)) static void begin(void) {
            real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
            real_fsync = dlsym(RTLD_NEXT, "fsync");
            real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
            const char *path = getenv("SLUICE_MACHINE_FAULTS");
            int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
            if (file < 0) return;
            void *page = mmap(0, 4096, PROT_READ, MAP_SHARED, file, 0);
            close(file);
            if (page != MAP_FAILED) settings = page;
        }

        static void wait_for_disk(void) {
            if (settings && settings[0] > 0) usleep(settings[0]);
        }

        int fdatasync(int file) {
            wait_for_disk();
            return real_fdatasync ? real_fdatasync(file) : (int)syscall(SYS_fdatasync, file);
        }

        int fsync(int file) {
            wait_for_disk();
            return real_fsync ? real_fsync(file) : (int)syscall(SYS_fsync, file);
        }

        int clock_gettime(clockid_t clock, struct timespec *time) {
            int result = real_clock_gettime ? real_clock_gettime(clock, time) : (int)syscall(SYS_clock_gettime, clock, time);
            if (result == 0 && settings && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
                int64_t offset = settings[1];
                time->tv_sec += offset / 1000;
                time->tv_nsec += offset % 1000 * 1000000;
                if (time->tv_nsec >= 1000000000) { time->tv_sec++; time->tv_nsec -= 1000000000; }
                if (time->tv_nsec < 0) { time->tv_sec--; time->tv_nsec += 1000000000; }
            }
            return result;
        }

        int gettimeofday(struct timeval *time, void *zone) {
            struct timespec now;
            int result = clock_gettime(CLOCK_REALTIME, &now);
            time->tv_sec = now.tv_sec;
            time->tv_usec = now.tv_nsec / 1000;
            return result;
        }
        """
}
