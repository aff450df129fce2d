/// Moments as RFC 3339 writes them, in UTC.
package enum InternetTime {
    /// Seconds since 1970 of `2026-01-02T03:04:05Z`; `nil` for anything else.
    package static func seconds(_ text: String) -> Int? {
        guard let parts = text.wholeMatch(of: /(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z/) else { return nil }
        let fields = [parts.1, parts.2, parts.3, parts.4, parts.5, parts.6].compactMap { Int($0) }
        guard fields.count == 6, (1...12).contains(fields[1]), (1...31).contains(fields[2]) else { return nil }
        // Years begin in March here, so that the leap day is the last one.
        let year = fields[1] > 2 ? fields[0] : fields[0] - 1
        let month = (fields[1] + 9) % 12
        let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + fields[2] - 1
        // 719468 days lie between 0000-03-01 and 1970-01-01.
        return ((days - 719_468) * 24 + fields[3]) * 3600 + fields[4] * 60 + fields[5]
    }
}
