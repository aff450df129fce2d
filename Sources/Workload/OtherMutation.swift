// The generator's mutations that are no SET: recognised in a stream by their keys, counted and summed. A server streams them as
// they came (both engines do); a DEL that found nothing is no mutation, and so not in the stream.

/// One mutation of another kind than SET.
package struct OtherMutation: Equatable, Sendable {
    package let kind: MutationMix.Kind
    /// One summand of the order-independent sum over a stream: covers the kind, the key, and of the last argument its length
    /// and both its ends. The generator puts random bytes at the beginning of each, so that no two are alike.
    package let digest: UInt64

    /// Bytes of an argument's end that the sum covers, and those that the generator makes anew at its beginning.
    static let endSize = 8

    /// - Parameter argument: what follows the key, the last one of several; at least 16 bytes, or none.
    init(_ kind: MutationMix.Kind, key: UnsafeRawBufferPointer, argument: UnsafeRawBufferPointer?) {
        self.kind = kind
        var sum = key.loadUnaligned(fromByteOffset: 0, as: UInt64.self) &* 0xff51_afd7_ed55_8ccd
        sum = (sum ^ sum >> 32 ^ key.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) &* 0xc4ce_b9fe_1a85_ec53
        sum = (sum ^ sum >> 29 ^ UInt64(kind.code)) &* 0x9fb2_1c65_1e98_df25
        if let argument, argument.count >= 2 * Self.endSize {
            let end = argument.count - Self.endSize
            sum = (sum ^ argument.loadUnaligned(fromByteOffset: 0, as: UInt64.self)) &* 0xff51_afd7_ed55_8ccd
            sum = (sum ^ sum >> 32 ^ argument.loadUnaligned(fromByteOffset: end, as: UInt64.self))
            sum = (sum ^ UInt64(argument.count) << 40) &* 0xc4ce_b9fe_1a85_ec53
        }
        self.digest = sum ^ sum >> 29
    }

    /// Recognises one of the generator's commands; nil for any other.
    /// - Parameter argument: the last one behind the key, if there is any.
    @inline(__always)
    package init?(
        name: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer,
        argument: UnsafeRawBufferPointer?
    ) {
        guard key.count == LoadKey.size, key[3] == UInt8(ascii: ":"), let kind = Self.kind(name) else { return nil }
        let prefix = UInt32(littleEndian: key.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
        guard Self.belongs(prefix, to: kind) else { return nil }
        self.init(kind, key: key, argument: argument)
    }

    /// The kind that a command's name stands for; names are streamed as they were sent.
    private static func kind(_ name: UnsafeRawBufferPointer) -> MutationMix.Kind? {
        switch name.count {
        case 3: name.elementsEqual("DEL".utf8) ? .delete : nil
        case 4: name.elementsEqual("INCR".utf8) ? .increment : name.elementsEqual("HSET".utf8) ? .hashSet : nil
        case 5: name.elementsEqual("LPUSH".utf8) ? .listPush : nil
        case 6: name.elementsEqual("APPEND".utf8) ? .append : nil
        default: nil
        }
    }

    /// Whether a key that begins so is one that the generator gives to this kind.
    private static func belongs(_ prefix: UInt32, to kind: MutationMix.Kind) -> Bool {
        if kind == .delete { return MutationMix.Kind.allCases.contains { $0.prefixCode == prefix } }
        return prefix == kind.prefixCode
    }
}

extension MutationMix.Kind {
    /// What the keys of a kind begin with, so that no command meets a value of the wrong type; a DEL takes those of all.
    var prefix: StaticString {
        switch self {
        case .set, .delete: "key:"
        case .increment: "cnt:"
        case .append: "app:"
        case .hashSet: "hsh:"
        case .listPush: "lst:"
        }
    }

    /// The same as a number, as it is read from a stream.
    var prefixCode: UInt32 {
        UnsafeRawPointer(self.prefix.utf8Start).loadUnaligned(as: UInt32.self).littleEndian
    }

    /// Tells the kinds apart in a sum.
    var code: UInt8 {
        switch self {
        case .set: 1
        case .increment: 2
        case .append: 3
        case .delete: 4
        case .hashSet: 5
        case .listPush: 6
        }
    }
}
