//! Fanvine, the growth engine for social commerce: the program.
//!
//! Commands, configuration, wiring, the HTTP server and the projections' schedule. It knows every room and decides
//! nothing that belongs to one.

mod ambient;
mod demo;
mod forgetting;
mod http;
mod import;
mod issuing;
mod metrics;
mod operate;
mod pages;
mod program;
mod projections;
mod recount;
mod reporting;
mod segments;
mod serve;
mod settings;
mod sweeping;
mod webhooks;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use clap::builder::BoolishValueParser;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The growth engine for social commerce: collect, know, decide, act, prove.
#[derive(Debug, Parser)]
#[command(name = "fanvine", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Write the log as JSON lines
    #[arg(long, global = true, env = "FANVINE_LOG_JSON", value_parser = BoolishValueParser::new())]
    log_json: bool,
    /// What to log, such as info or fanvine=debug
    #[arg(long, global = true, env = "FANVINE_LOG", default_value = "warn,fanvine=info", value_name = "FILTER")]
    log: String,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Start the server and the console
    Serve(serve::Serve),
    /// Bring in a shop's history from CSV, JSON Lines or Parquet
    Import(import::Import),
    /// Copy everything that is kept into a backup, also while the server runs
    Backup(operate::backup::take::Backup),
    /// Make a data folder from a backup
    Restore(operate::backup::restore::Restore),
    /// Write a table or the answer to a question into a file
    Export(operate::export::Export),
    /// Look whether everything is well, and say what to do where it is not
    Doctor(operate::doctor::Doctor),
    /// Bring the database up to date without starting, or show what that would do
    Upgrade(operate::upgrade::Upgrade),
    /// Show what Fanvine does on a made-up shop with a storefront, ready to be tried
    Demo(demo::Demo),
    /// Print the API's contract (OpenAPI 3.1)
    Openapi,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log(&arguments);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("fanvine: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match arguments.command {
            Command::Serve(serve) => serve::run(serve).await,
            Command::Import(import) => import::run(import).await,
            Command::Backup(backup) => operate::backup::take::run(backup).await,
            Command::Restore(restore) => operate::backup::restore::run(restore).await,
            Command::Export(export) => operate::export::run(export).await,
            Command::Doctor(doctor) => operate::doctor::run(doctor).await,
            Command::Upgrade(upgrade) => operate::upgrade::run(upgrade).await,
            Command::Demo(demo) => demo::run(demo).await,
            Command::Openapi => http::contract::print().await,
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fanvine: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start_log(arguments: &Arguments) {
    let filter = EnvFilter::try_new(&arguments.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if arguments.log_json {
        log.json().init();
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).init();
    }
}
