//! What is done to an installation from the command line: looked after, backed up, restored, brought up to date, exported.

pub mod backup;
pub mod doctor;
pub mod export;
mod local;
pub mod upgrade;
