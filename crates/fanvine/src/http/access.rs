//! Who may ask what. The roles stand in the OpenAPI contract of each address, and are enforced from
//! there: an address whose contract names no role, and does not say it is public, keeps the program from starting.
//! What is let through and changes something is written into the audit around its handler ([`super::audited`]).

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use anyhow::{Result, bail};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use fanvine_contracts::access::{Actor, Means, Role};
use fanvine_guard::{Act, Begun, ClientAddress, Guard};
use fanvine_kernel::{Code, Problem};
use fanvine_web::Refusal;
use http::{HeaderMap, Method, header};
use subtle::ConstantTimeEq;
use utoipa::openapi::OpenApi;

use super::audited::{self, Audited};
use super::observe::REQUEST_ID;

/// Addresses beside the contract that anyone may read.
const PAGES: [&str; 2] = ["/openapi.json", crate::pages::PATH];

/// What an address asks of its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Public,
    AtLeast(Role),
}

/// What stands in the contract of an address.
#[derive(Debug, Clone)]
struct Rule {
    access: Access,
    operation: Arc<str>,
    audited: Audited,
}

/// What every address asks, by method and path as the router writes it.
pub struct Rules(HashMap<(String, String), Rule>);

impl Rules {
    /// Reads the rules out of the contract.
    pub fn read(contract: &OpenApi) -> Result<Self> {
        let document = serde_json::to_value(contract)?;
        let mut rules = HashMap::new();
        let paths = document["paths"].as_object().into_iter().flatten();
        for (path, item) in paths {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let access = match operation["security"].as_array().map(Vec::as_slice) {
                    Some([requirement]) => match requirement["role"][0].as_str() {
                        None if requirement.as_object().is_some_and(serde_json::Map::is_empty) => Access::Public,
                        name => match name.and_then(Role::named) {
                            Some(role) => Access::AtLeast(role),
                            None => bail!("{method} {path} asks for the unknown role {name:?}"),
                        },
                    },
                    Some([]) => Access::Public,
                    _ => bail!("the contract of {method} {path} does not say who may ask"),
                };
                let Some(operation) = operation["operationId"].as_str() else {
                    bail!("the contract of {method} {path} does not say what it is called")
                };
                let method = method.to_uppercase();
                let audited = Audited::of(&method, operation);
                rules.insert((method, path.clone()), Rule { access, operation: operation.into(), audited });
            }
        }
        let known: HashSet<&str> = rules.values().map(|rule: &Rule| &*rule.operation).collect();
        if let Some(gone) = audited::listed().find(|operation| !known.contains(operation)) {
            bail!("{gone} is excepted from the audit, and no address is called so");
        }
        Ok(Self(rules))
    }

    fn of(&self, method: &Method, path: &str) -> Option<&Rule> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.0.get(&(method.as_str().to_owned(), path.to_owned()))
    }
}

/// What the gate needs to decide.
#[derive(Clone)]
pub struct Gate {
    /// What every address asks.
    pub rules: Arc<Rules>,
    /// Who recognises callers.
    pub guard: Arc<Guard>,
    /// The token by which this machine's own `fanvine import` is recognised.
    pub local_token: Arc<str>,
    /// Proxies in front, whose word on the client's address is believed.
    pub trusted_proxies: Arc<[IpAddr]>,
}

impl Gate {
    /// `fanvine import` on this machine reads the token from a file only the owner of the data can read.
    fn local(&self, request: &Request) -> Option<Actor> {
        let given = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        bool::from(given.as_bytes().ct_eq(self.local_token.as_bytes())).then(|| Actor {
            id: "local".into(),
            name: "fanvine import".into(),
            role: Role::Owner,
            means: Means::ServerKey,
        })
    }

    /// Where a request comes from: the peer, or what a trusted proxy says of it last.
    fn origin(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        if !self.trusted_proxies.contains(&peer.to_canonical()) {
            return ClientAddress(peer);
        }
        let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
        let client = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
        ClientAddress(client.unwrap_or(peer))
    }

    /// Recognises the caller and lets them through or not; an act that is to be audited is written down as begun.
    async fn admit(&self, request: &mut Request) -> Result<Option<Begun>, Problem> {
        let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
        let Some(path) = matched else { return Ok(None) };
        let rule = self.rules.of(request.method(), &path);
        let access = match rule {
            Some(rule) => rule.access,
            None if PAGES.contains(&path.as_str()) => Access::Public,
            // What no contract names is refused, except to those who may do everything.
            None => Access::AtLeast(Role::Owner),
        };
        let Access::AtLeast(needed) = access else { return Ok(None) };
        let actor = match self.local(request) {
            Some(actor) => Some(actor),
            None => self.guard.recognise(request.method(), request.headers()).await?,
        };
        let Some(actor) = actor else {
            return Err(Problem::new(
                Code::SignInRequired,
                format!("{} {path} needs a session or a server key", request.method()),
            ));
        };
        if actor.role < needed {
            let detail = format!(
                "{} is {}, {} {path} needs {}",
                actor.name,
                actor.role.as_str(),
                request.method(),
                needed.as_str()
            );
            if let Some(rule) = rule.filter(|_| !request.method().is_safe()) {
                let subject = audited::subject(&path, request.uri().path());
                self.guard.note_refused(act(&actor, rule, request, &subject), Code::Forbidden.status()).await;
            }
            return Err(Problem::new(Code::Forbidden, detail));
        }
        let begun = match rule.filter(|rule| rule.audited.counts(actor.means)) {
            Some(rule) => {
                let subject = audited::subject(&path, request.uri().path());
                Some(self.guard.begin_act(act(&actor, rule, request, &subject)).await?)
            }
            None => None,
        };
        request.extensions_mut().insert(actor);
        Ok(begun)
    }
}

fn act<'a>(actor: &'a Actor, rule: &'a Rule, request: &'a Request, subject: &'a [&'a str]) -> Act<'a> {
    Act {
        actor,
        operation: &rule.operation,
        subject,
        method: request.method().as_str(),
        path: request.uri().path(),
        from: request.extensions().get::<ClientAddress>().copied(),
        request_id: request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok()),
    }
}

/// Lets a request through, with its caller as an extension, or refuses it.
pub async fn enforce(State(gate): State<Gate>, mut request: Request, next: Next) -> Result<Response, Refusal> {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() {
        let origin = gate.origin(peer.ip(), request.headers());
        request.extensions_mut().insert(origin);
    }
    let begun = gate.admit(&mut request).await?;
    let response = next.run(request).await;
    if let Some(begun) = begun {
        gate.guard.end_act(begun, response.status().as_u16()).await;
    }
    Ok(response)
}
