// Records of older schemas lack what was not recorded then; their decoding finds these overloads, because they name their
// type, where it would otherwise take the standard library's and fail.

extension KeyedDecodingContainer {
    func decode(_ type: [HistogramRecord].Type, forKey key: Key) throws -> [HistogramRecord] {
        try self.decodeIfPresent(type, forKey: key) ?? []
    }

    func decode(_ type: [SeriesRecord].Type, forKey key: Key) throws -> [SeriesRecord] {
        try self.decodeIfPresent(type, forKey: key) ?? []
    }

    func decode(_ type: [TimelineEvent].Type, forKey key: Key) throws -> [TimelineEvent] {
        try self.decodeIfPresent(type, forKey: key) ?? []
    }
}
