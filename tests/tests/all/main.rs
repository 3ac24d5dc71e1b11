//! The stories, in one test binary: what a shop relies on, told through the real program.
//!
//! Each runs on both columns of storage (SQLite; PostgreSQL when the test command started one). Nothing waits for a
//! fixed time: a story waits for a condition and fails, naming it, when it does not come true.

mod access;
mod analyses;
mod assists;
mod audited;
mod backups;
mod campaigns;
mod checkout;
mod clients;
mod collecting;
mod commerce;
mod completing;
mod contests;
mod contract;
mod contract_fuzz;
mod crashes;
mod crowd;
mod database_away;
mod doors;
mod drills;
mod earning;
mod flash_sale;
mod forgetting;
mod freshness;
mod full_disk;
mod import;
mod import_real;
mod insights;
mod knowing;
mod levels;
mod limits;
mod messages;
mod metric_tree;
mod mixed_crashes;
mod operating;
mod other_clients;
mod people;
mod phones;
mod play_day;
mod plays;
mod questions;
mod quizzes;
mod real_questions;
mod referral;
mod reporting;
mod reports;
mod segments;
mod sensors;
mod shop_hooks;
mod stopping;
mod tasks;
mod votes;
mod wallet;
mod webhooks;
