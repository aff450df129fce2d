// Text forms of targets: `bundled`, `redis`, `valkey`, one of them with `:` and the path of a server, or the URL of a server
// that runs.

extension TargetSpecification {
    /// What the user says about reaching running servers beside their URL.
    package struct Reach: Sendable {
        /// For a URL without a password.
        package var password: Secret?
        /// For a URL that asks for TLS.
        package var tls = Access.TLS()

        package init() {}
    }

    /// - Parameters:
    ///   - text: for instance `bundled`, `redis:/path/to/redis-server`, `redis://user:password@host:port` or `rediss://host`.
    ///   - reach: password and certificates for what is reached by a URL.
    /// - Throws: `usage` with the forms that would do.
    package init(parsing text: String, _ reach: Reach = Reach()) throws(HarnessError) {
        if let separator = text.firstRange(of: "://") {
            let scheme = String(text[..<separator.lowerBound])
            let profile = TargetProfile.all.first { scheme == $0.scheme || scheme == $0.secureScheme }
            guard let profile else { throw Self.unknown(text) }
            self = try Self.url(text, String(text[separator.upperBound...]), profile, scheme, reach)
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, let profile = TargetProfile.all.first(where: { $0.name == name }) else {
            throw Self.unknown(text)
        }
        guard parts.count == 1 || !parts[1].isEmpty else { throw Self.unknown(text) }
        self.init(profile.product, .child(executable: parts.count == 1 ? nil : String(parts[1])))
    }

    private static func url(
        _ text: String,
        _ rest: String,
        _ profile: TargetProfile,
        _ scheme: String,
        _ reach: Reach
    ) throws(HarnessError) -> TargetSpecification {
        var authority = rest
        while authority.hasSuffix("/") { authority.removeLast() }
        var access = Access()
        if let at = authority.lastIndex(of: "@") {
            let words = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let user = self.unescaped(words[0]), let password = self.unescaped(words.count > 1 ? words[1] : "")
            else { throw HarnessError(.usage, "a % in user or password needs two hexadecimal digits behind it") }
            // Redis's own tools read `redis://word@host` as a user without a password.
            access.user = user.isEmpty ? nil : user
            access.password = password.isEmpty ? nil : Secret(password)
            authority = String(authority[authority.index(after: at)...])
        }
        let shown = Secret.masked(text)
        guard profile.takesPassword || (access.user == nil && access.password == nil) else {
            throw HarnessError(.usage, "\(profile.productName) has no passwords; leave it out of \(shown)")
        }
        if profile.takesPassword, access.password == nil { access.password = reach.password }
        guard access.user == nil || access.password != nil else {
            throw HarnessError(.usage, "the user in \(shown) needs a password; set SLUICE_TARGET_PASSWORD")
        }
        if scheme == profile.secureScheme { access.tls = reach.tls }
        let (host, port) = try self.hostAndPort(authority, text, profile)
        return TargetSpecification(profile.product, .running(host: host, port: port, access: access))
    }

    private static func hostAndPort(
        _ authority: String,
        _ text: String,
        _ profile: TargetProfile
    ) throws(HarnessError) -> (String, UInt16) {
        var host = authority[...]
        var port = profile.defaultPort
        // An IPv6 address has colons of its own, and stands in brackets.
        let end = authority.lastIndex(of: "]") ?? authority.startIndex
        if let colon = authority[end...].lastIndex(of: ":") {
            guard let given = UInt16(authority[authority.index(after: colon)...]), given > 0 else {
                throw self.unknown(text)
            }
            port = given
            host = authority[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains(where: { $0 == "/" || $0 == "?" || $0 == "#" || $0 == " " }) else {
            throw self.unknown(text)
        }
        return (String(host), port)
    }

    /// With `%41` read as `A`; nil when a percent sign stands alone.
    private static func unescaped(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest.removeFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func unknown(_ text: String) -> HarnessError {
        let names = TargetProfile.all.map(\.name)
        let schemes = TargetProfile.all.map(\.scheme) + TargetProfile.all.compactMap(\.secureScheme)
        return HarnessError(
            .usage,
            """
            unknown target '\(Secret.masked(text))'; use \(names.joined(separator: ", ")), one of them with the path of a \
            server (redis:/usr/bin/redis-server), or SCHEME://[USER:PASSWORD@]HOST[:PORT] with one of the schemes \
            \(schemes.joined(separator: ", "))
            """
        )
    }
}
