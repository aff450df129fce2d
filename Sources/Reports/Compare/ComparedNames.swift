// Cases of a comparison in words, by what tells them apart: `fan-out, 4 replicas`.

import Measurement

struct ComparedNames {
    private struct Name {
        var scenario: String
        var parameters: [Parameter]

        /// - Parameter id: `fan-out/replicas=4,…` or `fan-out/redis/replicas=4,…`.
        init(_ id: String) {
            let parts = id.split(separator: "/", omittingEmptySubsequences: false)
            self.scenario = parts.dropLast().joined(separator: ", ")
            self.parameters = (parts.last ?? "").split(separator: ",").compactMap { setting in
                let sides = setting.split(separator: "=", maxSplits: 1)
                return sides.count == 2 ? Parameter(String(sides[0]), String(sides[1])) : nil
            }
            if parts.count < 2 { self.scenario = id }
        }
    }

    private var names: [String: Name] = [:]
    /// Parameters with one value in all cases of their scenario, by scenario.
    private var shared: [String: Set<Parameter>] = [:]
    private var order: [String] = []

    init(_ ids: [String]) {
        for id in ids where self.names[id] == nil {
            let name = Name(id)
            self.names[id] = name
            if !self.order.contains(name.scenario) { self.order.append(name.scenario) }
            let parameters = Set(name.parameters)
            self.shared[name.scenario] = self.shared[name.scenario]?.intersection(parameters) ?? parameters
        }
    }

    func words(_ id: String) -> String {
        guard let name = self.names[id] else { return id }
        let told = name.parameters.filter { self.shared[name.scenario]?.contains($0) != true }
        return ([name.scenario] + told.map(ParameterText.words)).joined(separator: ", ")
    }

    /// "fan-out: 1 KiB values, 50 connections; handshake: 8 at a time"; nil where nothing is shared.
    var common: String? {
        let parts = self.order.compactMap { scenario -> String? in
            let first = self.names.values.first { $0.scenario == scenario }
            let words = (first?.parameters ?? []).filter {
                self.shared[scenario]?.contains($0) == true && !ParameterText.isObvious($0)
            }
            guard !words.isEmpty else { return nil }
            return "\(scenario): \(words.map(ParameterText.words).joined(separator: ", "))"
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
