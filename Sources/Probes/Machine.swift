// Facts about the machine that a reader needs to judge a figure.

internal import Glibc

package enum Machine {
    package static var processorModel: String? {
        ProcFile.text("/proc/cpuinfo").flatMap { ProcFile.value(of: "model name", in: $0) }
    }

    /// Processors that this process may use.
    package static var processorCount: Int {
        max(1, Int(sysconf(CInt(_SC_NPROCESSORS_ONLN))))
    }

    package static var memoryBytes: Int? {
        ProcFile.text("/proc/meminfo").flatMap { ProcFile.bytes(of: "MemTotal", in: $0) }
    }

    /// `Linux 6.1.0-18-amd64`.
    package static var kernel: String {
        let release = ProcFile.text("/proc/sys/kernel/osrelease").map { ProcFile.trimmed($0) }
        return "Linux " + (release ?? "of unknown release")
    }

    /// A setting under /proc/sys, its fields joined by single blanks; `name` uses slashes: `net/ipv4/tcp_wmem`.
    package static func kernelSetting(_ name: String) -> String? {
        ProcFile.text("/proc/sys/\(name)").map { text in
            text.split { $0 == "\t" || $0 == " " || $0 == "\n" }.joined(separator: " ")
        }
    }
}

/// The limit on open descriptors of this process.
package enum DescriptorLimit {
    package static var current: Int { Int(clamping: Self.limits.rlim_cur) }

    /// Raises the soft limit to the hard one and returns what is in force then.
    @discardableResult
    package static func raise() -> Int {
        var limits = Self.limits
        limits.rlim_cur = limits.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        return self.current
    }

    private static var limits: rlimit {
        var limits = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        return limits
    }
}
