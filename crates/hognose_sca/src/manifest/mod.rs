//! Reads manifests, lock files, environments and bills of materials into dependencies.
