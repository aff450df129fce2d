// Facts that decide what a run's figures mean on another day or another machine.

package import Measurement
import Probes

package enum Environment {
    /// Facts about machine, allocator and limits. The executable adds what it knows of its build.
    package static func sections() -> [EnvironmentSection] {
        [self.machine, self.allocator, self.limits]
    }

    private static var machine: EnvironmentSection {
        var facts = [Parameter("kernel", Machine.kernel), Parameter("processors", Machine.processorCount)]
        if let model = Machine.processorModel { facts.insert(Parameter("processor", model), at: 0) }
        if let bytes = Machine.memoryBytes { facts.append(Parameter("memory_bytes", bytes)) }
        return EnvironmentSection(title: "machine", facts: facts)
    }

    private static var allocator: EnvironmentSection {
        guard let version = JemallocStatistics.version else {
            return EnvironmentSection(
                title: "allocator",
                facts: [Parameter("jemalloc", "not in charge of this process")]
            )
        }
        let options = JemallocOptions.inForce().map { Parameter($0.name, $0.value) }
        return EnvironmentSection(title: "allocator", facts: [Parameter("jemalloc", version)] + options)
    }

    private static var limits: EnvironmentSection {
        var facts = [Parameter("open_descriptors", DescriptorLimit.current)]
        for name in ["net/ipv4/tcp_congestion_control", "net/ipv4/tcp_wmem", "net/ipv4/tcp_rmem", "net/core/somaxconn"]
        {
            if let value = Machine.kernelSetting(name) {
                facts.append(Parameter(String(name.split(separator: "/")[2]), value))
            }
        }
        return EnvironmentSection(title: "limits", facts: facts)
    }
}
