// TLS between members, where certificates are given. Both sides show one that the group's own authority has signed; names are not
// compared, because members prove who they are inside (`GroupHello`).

import NIOCore
import NIOSSL

struct GroupTLS: Sendable {
    private let server: NIOSSLContext
    private let client: NIOSSLContext

    /// nil where no certificates are given.
    init?(_ options: GroupOptions) throws(ServerError) {
        guard let certificate = options.certificateFile, let key = options.keyFile,
            let authority = options.authorityFile
        else { return nil }
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) }
            let privateKey = NIOSSLPrivateKeySource.privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            var server = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: privateKey)
            server.trustRoots = .file(authority)
            server.certificateVerification = .noHostnameVerification
            server.minimumTLSVersion = .tlsv12
            var client = TLSConfiguration.makeClientConfiguration()
            client.certificateChain = chain
            client.privateKey = privateKey
            client.trustRoots = .file(authority)
            client.certificateVerification = .noHostnameVerification
            client.minimumTLSVersion = .tlsv12
            self.server = try NIOSSLContext(configuration: server)
            self.client = try NIOSSLContext(configuration: client)
        } catch {
            throw ServerError(
                .invalidOption,
                "--group-tls-cert, --group-tls-key or --group-tls-ca cannot be used",
                underlying: error
            )
        }
    }

    /// What stands between a connection's socket and its messages.
    func handler(isDialing: Bool) throws -> any ChannelHandler {
        if isDialing { return try NIOSSLClientHandler(context: self.client, serverHostname: nil) }
        return NIOSSLServerHandler(context: self.server)
    }
}
