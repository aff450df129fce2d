// What the user asked to measure: a product, where it runs, and the settings that it gets beyond those of a case. What the
// product can do stands in its `TargetProfile`.

package struct TargetSpecification: Hashable, Sendable, CustomStringConvertible {
    /// Decides how replicas are served, which settings there are, and what can be measured.
    package enum Product: String, Hashable, Sendable, CaseIterable {
        case sluice
        case redis
        case valkey
    }

    package enum Place: Hashable, Sendable {
        /// A process that the harness starts. Without a path: this executable's own engine, or the product's server in PATH.
        case child(executable: String?)
        /// A server that runs already, here or elsewhere.
        case running(host: String, port: UInt16, access: Access)
    }

    package var product: Product
    package var place: Place
    /// Its name in results, where the default says too little: `a` and `b` for two builds.
    package var label: String?
    /// Settings on top of those of a case.
    package var knobs: [Knob]

    package init(_ product: Product, _ place: Place, label: String? = nil, knobs: [Knob] = []) {
        self.product = product
        self.place = place
        self.label = label
        self.knobs = knobs
    }

    /// This executable's own engine.
    package static let bundled = TargetSpecification(.sluice, .child(executable: nil))
    /// The redis-server in PATH.
    package static let redis = TargetSpecification(.redis, .child(executable: nil))
    /// The valkey-server in PATH.
    package static let valkey = TargetSpecification(.valkey, .child(executable: nil))

    package var profile: TargetProfile { TargetProfile.of(self.product) }

    /// Whether the harness starts it, and so has its process at hand and can give it settings.
    package var isChild: Bool {
        switch self.place {
        case .child: true
        case .running: false
        }
    }

    /// The path that the user gave for a target that the harness starts.
    var executable: String? {
        switch self.place {
        case .child(let executable): executable
        case .running: nil
        }
    }

    /// Whether it takes part in measurements of this kind.
    package func supports(_ capability: TargetProfile.Capability) -> Bool {
        self.profile.capabilities.contains(capability)
    }

    /// The id in results: `bundled`, `redis:/usr/bin/redis-server`, `redis://host:6379`, or the label. Never a password.
    package var description: String {
        if let label { return label }
        let name: String
        switch self.place {
        case .child(let executable):
            name = self.profile.name + (executable.map { ":\($0)" } ?? "")
        case .running(let host, let port, let access):
            let isPlain = access.tls == nil
            let scheme = isPlain ? self.profile.scheme : self.profile.secureScheme ?? self.profile.scheme
            // An IPv6 address has colons of its own.
            name = "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
        return ([name] + self.knobs.map(\.description)).joined(separator: " ")
    }

    /// The same target with one more setting.
    /// - Throws: `usage` when the product has no such knob, or it does not take the value.
    package func setting(_ knob: Knob) throws(HarnessError) -> TargetSpecification {
        guard self.isChild else {
            throw HarnessError(.usage, "\(self) runs already: \(knob.name) cannot be set; start it with that setting")
        }
        _ = try self.profile.settings(for: knob)
        var changed = self
        changed.knobs.removeAll { $0.name == knob.name }
        changed.knobs.append(knob)
        return changed
    }

    /// Its knobs in the product's own words.
    func settings() throws(HarnessError) -> [ServerSetting] {
        var settings: [ServerSetting] = []
        for knob in self.knobs { settings += try self.profile.settings(for: knob) }
        return settings
    }
}

extension TargetSpecification {
    /// A server that may or may not be installed, so that a run with other targets goes on without it.
    var isOptional: Bool { self.place == .child(executable: nil) && self.profile.server != nil }
}
