//! Tests of the whole API without a socket.
