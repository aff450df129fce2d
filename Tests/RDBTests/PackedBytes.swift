// The forms in which Redis packs collections, or did, built byte by byte from their descriptions.

/// An entry, in every form that there is for it.
enum Entry {
    case text([UInt8])
    /// A number in a form of its own, with its bytes.
    case number(form: UInt8, [UInt8])
}

func ziplist(_ entries: [Entry]) -> [UInt8] {
    var body: [UInt8] = []
    var previous = 0
    var last = 10
    for entry in entries {
        let start = body.count
        last = 10 + start
        body += previous < 254 ? [UInt8(previous)] : [254] + [UInt8](UInt32(previous))
        switch entry {
        case .number(let form, let bytes): body += [form] + bytes
        case .text(let text) where text.count < 64: body += [UInt8(text.count)] + text
        case .text(let text) where text.count < 16_384:
            body += [0x40 | UInt8(text.count >> 8), UInt8(text.count & 0xff)] + text
        case .text(let text): body += [0x80] + [UInt8](UInt32(text.count).byteSwapped) + text
        }
        previous = body.count - start
    }
    let header = [UInt8](UInt32(body.count + 11)) + [UInt8](UInt32(last)) + [UInt8](UInt16(entries.count))
    return header + body + [255]
}

func listpack(_ entries: [Entry]) -> [UInt8] {
    var body: [UInt8] = []
    for entry in entries {
        let start = body.count
        switch entry {
        case .number(let form, let bytes): body += [form] + bytes
        case .text(let text) where text.count < 64: body += [0x80 | UInt8(text.count)] + text
        case .text(let text) where text.count < 4096:
            body += [0xe0 | UInt8(text.count >> 8), UInt8(text.count & 0xff)] + text
        case .text(let text): body += [0xf0] + [UInt8](UInt32(text.count)) + text
        }
        let length = body.count - start
        switch length {
        case ...127: body += [UInt8(length)]
        case ..<16_383: body += [UInt8(length >> 7), UInt8(length & 127) | 128]
        default: body += [UInt8(length >> 14), UInt8(length >> 7 & 127) | 128, UInt8(length & 127) | 128]
        }
    }
    return [UInt8](UInt32(body.count + 7)) + [UInt8](UInt16(entries.count)) + body + [255]
}

func intset<Number: FixedWidthInteger>(_ numbers: [Number]) -> [UInt8] {
    [UInt8](UInt32(Number.bitWidth / 8)) + [UInt8](UInt32(numbers.count)) + numbers.flatMap { [UInt8]($0) }
}

func zipmap(_ pairs: [([UInt8], [UInt8])], unused: Int = 0) -> [UInt8] {
    func length(_ bytes: [UInt8]) -> [UInt8] {
        bytes.count < 254 ? [UInt8(bytes.count)] : [254] + [UInt8](UInt32(bytes.count))
    }
    let body = pairs.flatMap { pair -> [UInt8] in
        join(
            length(pair.0),
            pair.0,
            length(pair.1),
            [UInt8(unused)],
            pair.1,
            [UInt8](repeating: 7, count: unused)
        )
    }
    return join([UInt8(min(pairs.count, 254))], body, [255])
}
