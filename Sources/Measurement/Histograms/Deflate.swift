// zlib over whole arrays, with a limit on what may come out.

internal import CZlib

enum Deflate {
    static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: Int(compressBound(uLong(bytes.count))))
        var count = uLongf(result.count)
        let status = compress2(&result, &count, bytes, uLong(bytes.count), Z_BEST_COMPRESSION)
        precondition(status == Z_OK, "zlib refused a buffer of the size that it asked for: \(status)")
        result.removeLast(result.count - Int(count))
        return result
    }

    /// `nil` when the bytes are not a whole zlib stream, or hold more than `limit` bytes.
    static func expanded(_ bytes: [UInt8], atMost limit: Int) -> [UInt8]? {
        var capacity = min(max(bytes.count * 4, 1024), limit)
        while true {
            var result = [UInt8](repeating: 0, count: capacity)
            var count = uLongf(capacity)
            switch uncompress(&result, &count, bytes, uLong(bytes.count)) {
            case Z_OK:
                result.removeLast(capacity - Int(count))
                return result
            case Z_BUF_ERROR where capacity < limit:
                capacity = min(capacity * 4, limit)
            default:
                return nil
            }
        }
    }
}
