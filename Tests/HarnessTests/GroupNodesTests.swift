import Foundation
import Sockets
import Testing

@testable import Harness

/// Members that are processes of their own, and the ways between them.
@Suite(.serialized)
struct GroupNodesTests {
    private static let loopback = "127.0.0.1"

    /// What comes out of a tool that speaks TLS with a port until it is told to go.
    private func speak(_ port: UInt16, _ own: TestCertificates, trusting: TestCertificates) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = [
            "s_client", "-connect", "\(Self.loopback):\(port)", "-cert", own.path("server.crt"), "-key",
            own.path("server.key"), "-CAfile", trusting.path("ca.crt"), "-brief", "-ign_eof",
        ]
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "members that were given certificates talk inside of TLS, and to nobody with a certificate of somebody else",
        .enabled(if: TestCertificates.canBeMade && Command.executable != nil)
    )
    func tls() throws {
        let (certificates, others) = (try TestCertificates(), try TestCertificates())
        defer {
            certificates.remove()
            others.remove()
        }
        var shape = GroupShape()
        shape.heartbeatMilliseconds = 100
        shape.executable = Command.executable?.path
        shape.settings = [
            ServerSetting("group-tls-cert", certificates.path("server.crt")),
            ServerSetting("group-tls-key", certificates.path("server.key")),
            ServerSetting("group-tls-ca", certificates.path("ca.crt")), ServerSetting("log-segment-size", "8192"),
            ServerSetting("snapshot-log-size", "16384"),
        ]
        let nodes = try GroupNodes(shape)
        defer {
            nodes.stopAll()
            nodes.removeData()
        }
        try nodes.startAll()
        let leader = try nodes.waitForLeader()
        let client = GroupClient(ports: nodes.clientPorts, member: leader)
        #expect(client.ask(["SET", "key", "value"]) == .reply(.simple("OK")))
        try nodes.waitUntilEqual()
        // Far behind a log that has let go of its beginning it takes a copy, over the same port.
        let other = (leader + 1) % nodes.count
        nodes.crash(other)
        for number in 0..<300 {
            #expect(client.ask(["SET", "key:\(number)", String(repeating: "v", count: 200)]) == .reply(.simple("OK")))
        }
        try Wait.until("the leader to let go of its log", withinSeconds: 10) { () throws(HarnessError) in
            (nodes.number("group0_first", of: leader) ?? 0) > 20
        }
        try nodes.start(other)
        try nodes.waitUntilEqual()
        #expect(nodes.number("group0_snapshots", of: other) == 1)

        // The port presents a certificate of the group's authority, and asks for one.
        let friend = try self.speak(nodes.groupPorts[leader], certificates, trusting: certificates)
        #expect(friend.contains("TLSv1") && friend.contains("Verification: OK"), "\(friend)")
        #expect(!friend.contains("alert"), "\(friend)")
        let stranger = try self.speak(nodes.groupPorts[leader], others, trusting: certificates)
        #expect(stranger.contains("alert"), "\(stranger)")
        #expect(try nodes.waitForLeader() == leader)
    }

    @Test("a way that is cut in one direction goes on in the other, and nothing is lost when it is mended")
    func oneWay() throws {
        let listener = try Socket.listen(host: Self.loopback, port: 0)
        let proxy = try GroupProxy(to: listener.localPort ?? 0)
        let near = try Socket.connect(host: Self.loopback, port: proxy.port)
        var accepted: Socket?
        defer {
            proxy.stop()
            near.close()
            listener.close()
            accepted?.close()
        }
        try Wait.until("a connection", withinSeconds: 10) { () throws(HarnessError) in
            accepted = accepted ?? listener.accept()
            return accepted != nil
        }
        let far = try #require(accepted)
        try self.send("a", near)
        #expect(try self.receive(far) == "a")

        proxy.setCut(forwards: true, backwards: false)
        // What is under way may still arrive.
        try Wait.seconds(0.1)
        try self.send("b", near)
        try self.send("c", far)
        #expect(try self.receive(near) == "c")
        #expect(self.read(far) == "")

        proxy.setCut(forwards: false, backwards: true)
        #expect(try self.receive(far) == "b")
        proxy.setCut(forwards: false, backwards: false)
        try self.send("d", far)
        #expect(try self.receive(near) == "d")
    }

    private func send(_ text: String, _ socket: Socket) throws {
        #expect(Array(text.utf8).withUnsafeBytes { socket.write($0) } == .moved(text.utf8.count))
    }

    private func receive(_ socket: Socket) throws -> String {
        var text = ""
        try Wait.until("bytes", withinSeconds: 10) { () throws(HarnessError) in
            text += self.read(socket)
            return !text.isEmpty
        }
        return text
    }

    private func read(_ socket: Socket) -> String {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            guard case .moved(let count) = socket.read(into: buffer) else { return "" }
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }
}
