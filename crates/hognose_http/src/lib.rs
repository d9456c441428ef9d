//! Outbound HTTP: the only crate of the project that opens connections, and only to a declared scope.
