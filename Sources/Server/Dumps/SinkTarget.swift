import Primitives
import ReplicationLog

/// What a sink writes to. Used on the file thread alone.
protocol SinkTarget: AnyObject, SendableMetatype {
    func append(_ bytes: Bytes) throws(StorageError)
    /// Removes what was written.
    func abandon() throws(StorageError)
}
