import Channels
import Testing

@Suite("channel ids")
struct ChannelIDTests {
    @Test("an id is the HMAC-SHA-256 of the name under the protocol's key")
    func isPinned() {
        // printf %s shard/0 | openssl dgst -sha256 -hmac sluice-channel-v1
        let expected = "98076210cc14fec04f4c7fa55afafa7cc670804c2a5fe8f8bea6c93ec833b9d6"
        #expect(
            ChannelID(name: "shard/0").bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
                == expected
        )
    }

    @Test("other names have other ids, and bytes of another length have none")
    func isDistinct() {
        #expect(ChannelID(name: "shard/0") != ChannelID(name: "shard/1"))
        #expect(ChannelID(bytes: [UInt8](repeating: 0, count: 31)) == nil)
        #expect(ChannelID(bytes: ChannelID(name: "a").bytes) == ChannelID(name: "a"))
    }
}
