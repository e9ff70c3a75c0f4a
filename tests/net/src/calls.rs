//! What JavaScript's tests call.
