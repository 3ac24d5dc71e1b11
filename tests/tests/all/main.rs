//! The stories, in one test binary.
