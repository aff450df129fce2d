// A disk that loses, tears and fails as disks do.
