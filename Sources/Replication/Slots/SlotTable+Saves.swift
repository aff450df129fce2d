// slots.json, as it is written:
//
//     {"version":1,"savedAt":…,"slots":[
//     {"id":"a","history":"<40 hex digits>","restart":7,"confirmed":9,"acknowledged":true,"durable":true,"lastSeen":…,
//      "pin":5,"region":"eu","invalidation":{"cause":"horizon","at":…}}
//     ]}
//
// with one row a line, and "noPruningUntil" after "savedAt" while that holds. Written by hand, without a string for every
// number: this runs on the shard's thread once a second, and there may be a thousand slots.

package import Primitives
import RESP

extension SlotTable {
    package static let fileName = "slots.json"
    package static let newestVersion = 1
    /// The shortest time between two saves.
    package static let saveInterval: Milliseconds = 1000

    /// What the file is called that could not be read.
    package static func corruptFileName(now: Milliseconds) -> String { "\(self.fileName).corrupt-\(now)" }

    /// The file's new content, at most once a second and only if something changed that it keeps. Whoever cannot write it
    /// says so with `saveFailed`.
    package mutating func takeSave(now: Milliseconds) -> [UInt8]? {
        guard self.isDirty else { return nil }
        // A clock that was set back must not stop saves.
        if let savedAt = self.savedAt, now >= savedAt, now.saturatingSubtract(savedAt) < Self.saveInterval {
            return nil
        }
        return self.save(now: now)
    }

    /// The file's new content at shutdown; nil when it has everything.
    package mutating func takeFinalSave(now: Milliseconds) -> [UInt8]? {
        guard self.isDirty || self.hasUnsavedTimes else { return nil }
        return self.save(now: now)
    }

    package mutating func saveFailed() { self.isDirty = true }

    private mutating func save(now: Milliseconds) -> [UInt8] {
        self.isDirty = false
        self.hasUnsavedTimes = false
        self.savedAt = now
        var json: [UInt8] = []
        json.reserveCapacity(64 + self.rows.count * 256)
        json.append("{\"version\":")
        json.append(Int64(Self.newestVersion))
        json.append(",\"savedAt\":")
        json.append(now)
        if let until = self.noPruningUntil {
            json.append(",\"noPruningUntil\":")
            json.append(until)
        }
        json.append(",\"slots\":[")
        // Nearly all slots are of one history.
        var history = self.history
        var hex = history.hex
        for (index, slot) in self.rows.items.enumerated() {
            json.append(index == 0 ? "\n" : ",\n")
            if slot.history != history {
                history = slot.history
                hex = history.hex
            }
            slot.encode(history: hex, to: &json)
        }
        json.append("\n]}\n")
        return json
    }
}

extension Slot {
    fileprivate func encode(history: String, to json: inout [UInt8]) {
        json.append("{\"id\":")
        json.appendQuoted(self.id)
        json.append(",\"history\":\"")
        json.append(contentsOf: history.utf8)
        json.append("\",\"restart\":")
        json.append(Int64(clamping: self.restart))
        json.append(",\"confirmed\":")
        json.append(Int64(clamping: self.confirmed))
        json.append(self.hasAcknowledged ? ",\"acknowledged\":true" : ",\"acknowledged\":false")
        json.append(self.reportsDurable ? ",\"durable\":true" : ",\"durable\":false")
        json.append(",\"lastSeen\":")
        json.append(self.lastSeen)
        if let pin = self.pin {
            json.append(",\"pin\":")
            json.append(Int64(clamping: pin))
        }
        if let region = self.region {
            json.append(",\"region\":")
            json.appendQuoted(region)
        }
        if let invalidation = self.invalidation {
            json.append(",\"invalidation\":{\"cause\":")
            json.appendQuoted(invalidation.cause.name)
            json.append(",\"at\":")
            json.append(invalidation.at)
            json.append("}")
        }
        json.append("}")
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ literal: StaticString) {
        self.append(contentsOf: Bytes(literal))
    }

    fileprivate mutating func append(_ number: Int64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            guard let start = digits.baseAddress else { return }
            let count = Decimal.write(number, to: start)
            self.append(contentsOf: Bytes(start: start, count: count))
        }
    }

    /// A JSON string: everything that RFC 8259 wants escaped, as `\u00xx`.
    fileprivate mutating func appendQuoted(_ text: String) {
        self.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                self.append("\\u00")
                self.append(contentsOf: [Self.hexDigit(byte >> 4), Self.hexDigit(byte & 15)])
            } else {
                self.append(byte)
            }
        }
        self.append(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
