//! `fanvine serve`: the server, from its first login to its last drained request.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::builder::BoolishValueParser;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::program::Program;
use crate::projections;
use crate::segments;
use crate::settings::{Place, Settings};

/// How long open requests may take to finish once the server was told to stop.
const DRAIN: Duration = Duration::from_secs(20);

/// Start the server and the console
#[derive(Debug, clap::Args)]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    /// Address to listen on
    #[arg(long, env = "FANVINE_LISTEN", default_value = "127.0.0.1:8480", value_name = "ADDR")]
    listen: SocketAddr,
    /// Preset the first write key (by which events come in)
    #[arg(long, env = "FANVINE_WRITE_KEY", value_name = "KEY", hide_env_values = true)]
    write_key: Option<String>,
    /// Preset a server key (by which servers speak to the API, as an owner)
    #[arg(long, env = "FANVINE_SERVER_KEY", value_name = "KEY", hide_env_values = true)]
    server_key: Option<String>,
    /// People reach the console by https only, so their cookie never travels without it
    #[arg(long, env = "FANVINE_SECURE_COOKIES", value_parser = BoolishValueParser::new())]
    secure_cookies: bool,
    /// Webhooks may go to addresses that are not public, such as those of this network
    #[arg(long, env = "FANVINE_WEBHOOKS_PRIVATE_ADDRESSES", value_parser = BoolishValueParser::new())]
    webhooks_private_addresses: bool,
    /// The mail server, such as smtps://user:password@mail.example.com
    #[arg(long, env = "FANVINE_EMAIL_SERVER", value_name = "URL", hide_env_values = true)]
    email_server: Option<String>,
    /// The sender of e-mails, such as "Shop <shop@example.com>"
    #[arg(long, env = "FANVINE_EMAIL_FROM", value_name = "SENDER")]
    email_from: Option<String>,
    /// Preset the first owner's password; otherwise one is made and printed
    #[arg(long, env = "FANVINE_OWNER_PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    owner_password: Option<String>,
}

impl Serve {
    /// A server with these keys, which says nothing else for itself.
    pub fn with_keys(
        place: Place,
        listen: SocketAddr,
        write_key: &str,
        server_key: &str,
        owner_password: &str,
    ) -> Self {
        Self {
            place,
            listen,
            write_key: Some(write_key.into()),
            server_key: Some(server_key.into()),
            secure_cookies: false,
            webhooks_private_addresses: false,
            email_server: None,
            email_from: None,
            owner_password: Some(owner_password.into()),
        }
    }
}

/// What a running server tells other processes of this machine, in a file only the data's owner can read.
#[derive(Debug, Serialize, Deserialize)]
pub struct Running {
    /// Where it answers.
    pub url: String,
    /// By which it recognises them.
    pub token: String,
}

impl Running {
    /// Its name in the data folder.
    pub const FILE: &str = "running.json";

    /// What the server that has `data_dir` open wrote, if it did.
    pub fn read(data_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(data_dir.join(Self::FILE)).ok()?).ok()
    }

    fn write(&self, data_dir: &Path) -> Result<()> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let path = data_dir.join(Self::FILE);
        let mut file = std::fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&path)?;
        file.write_all(&serde_json::to_vec(self)?).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Runs until told to stop by Ctrl-C or SIGTERM.
pub async fn run(serve: Serve) -> Result<()> {
    let settings = Settings::load(&serve.place)?;
    with(serve, settings).await
}

/// The same, with these settings where no flag says otherwise.
pub async fn with(serve: Serve, mut settings: Settings) -> Result<()> {
    crate::ambient::give_memory_back();
    settings.guard.secure_cookies |= serve.secure_cookies;
    settings.webhooks.private_addresses |= serve.webhooks_private_addresses;
    settings.email.server = serve.email_server.clone().or(settings.email.server);
    settings.email.from = serve.email_from.clone().or(settings.email.from);
    let program = Program::open(&serve.place.data_dir, settings).await?;
    let listener =
        TcpListener::bind(serve.listen).await.with_context(|| format!("cannot listen on {}", serve.listen))?;
    let url = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = watch::channel(false);
    let router = crate::http::router(&program)?;
    greet(&program, &serve, &url).await?;

    // Nobody has been answered yet: whatever is asked for from here on lies behind this.
    let begin = program.log.end();
    let background = [
        tokio::spawn(projections::follow(program.clone(), stopped.clone())),
        tokio::spawn(projections::maintain(program.clone(), projections::is_busy, stopped.clone())),
        tokio::spawn(projections::relay(program.clone(), stopped.clone())),
        tokio::spawn(segments::keep(program.clone(), stopped.clone())),
        tokio::spawn(segments::count(program.clone(), stopped.clone())),
        tokio::spawn(crate::recount::follow(program.clone(), stopped.clone())),
        tokio::spawn(crate::forgetting::follow(program.clone(), stopped.clone())),
        tokio::spawn(crate::sweeping::sweep(program.clone(), stopped.clone())),
        tokio::spawn(crate::reporting::follow(program.clone(), stopped.clone())),
        tokio::spawn(crate::issuing::follow(program.clone(), begin, stopped.clone())),
        tokio::spawn(crate::webhooks::follow(program.clone(), begin, stopped.clone())),
        tokio::spawn(program.engage.clone().deliver(stopped.clone())),
    ];
    Running { url, token: program.local_token.to_string() }.write(&program.data_dir)?;

    let mut draining = stopped.clone();
    let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move { draining.changed().await.unwrap_or_default() });
    let server = tokio::spawn(server.into_future());
    asked_to_stop().await?;
    tracing::info!("stopping: no new requests, finishing the open ones");
    stop.send_replace(true);
    program.collect.close();
    if tokio::time::timeout(DRAIN, server).await.is_err() {
        tracing::warn!("some requests did not finish in {} s and were cut off", DRAIN.as_secs());
    }
    for task in background {
        task.await?;
    }
    let _ = std::fs::remove_file(program.data_dir.join(Running::FILE));
    program.close().await
}

/// Prints where the console is and, the first time, how to sign in.
async fn greet(program: &Arc<Program>, serve: &Serve, url: &str) -> Result<()> {
    program.collect.ensure_first(serve.write_key.as_deref()).await.context("the first write key")?;
    program.guard.ensure_preset_key(serve.server_key.as_deref()).await.context("the preset server key")?;
    let first = program.guard.ensure_first_owner(serve.owner_password.as_deref()).await.context("the first login")?;
    println!("Fanvine {} is ready at {url}", env!("CARGO_PKG_VERSION"));
    println!("  data folder   {}", program.data_dir.display());
    if let Some(first) = first {
        println!("  first login   {}   password {}", first.email, first.password.reveal());
        println!("                (shown only now; change it under Settings)");
    }
    println!("  API           {url}/docs/");
    Ok(())
}

async fn asked_to_stop() -> Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot listen for Ctrl-C"),
        _ = terminate.recv() => Ok(()),
    }
}
