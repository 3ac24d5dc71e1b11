//! A message of Sensors Analytics in Segment's words.

use std::borrow::Cow;

use fanvine_kernel::event::names as known;

use super::names::meant;
use crate::said::{Object, Said, needed, object};
use crate::segment::json::{Scalar, elements, fields, pick, scalar};
use crate::segment::{Fault, shown, text_of};

/// Puts a message into Segment's words.
pub(super) fn said(raw: &str, index: usize) -> Result<Said, Fault> {
    if !raw.starts_with('{') {
        return Err(Fault::NotAnObject { got: shown(raw) });
    }
    let message = Message::read(raw)?;
    let mut out = Object::new();
    out.text("messageId", message.id(raw, index).as_deref()).raw("timestamp", message.time);
    match &*message.kind {
        "item_set" | "item_delete" => return message.item(out),
        "track" => message.track(&mut out)?,
        "track_signup" => message.signup(&mut out)?,
        "track_id_bind" => message.bind(&mut out)?,
        "track_id_unbind" => message.unbind(&mut out),
        "profile_set" => message.traits(&mut out, message.profile()),
        "profile_set_once" => message.deed(&mut out, "$set_once"),
        "profile_increment" => message.deed(&mut out, "$increment"),
        "profile_append" => message.deed(&mut out, "$append"),
        "profile_unset" => message.traits(&mut out, message.unset()),
        "profile_delete" => {
            let mut all = Object::new();
            all.raw("$delete", Some("true"));
            message.traits(&mut out, all);
        }
        other => return Err(Fault::UnknownType { got: shown(other) }),
    }
    message.shopper(&mut out)?;
    Ok(Said { text: out.done(), guest: false })
}

/// The entries of a message that mean something.
struct Message<'a> {
    kind: Cow<'a, str>,
    event: Option<&'a str>,
    time: Option<&'a str>,
    track_id: Option<&'a str>,
    distinct_id: Option<&'a str>,
    original_id: Option<&'a str>,
    login_id: Option<&'a str>,
    anonymous_id: Option<&'a str>,
    identities: Option<&'a str>,
    properties: Option<&'a str>,
    lib: Option<&'a str>,
    item_type: Option<&'a str>,
    item_id: Option<&'a str>,
}

impl<'a> Message<'a> {
    fn read(raw: &'a str) -> Result<Self, Fault> {
        let [kind, event, time, track_id, distinct_id, original_id, login_id, anonymous_id] = pick(
            Some(raw),
            ["type", "event", "time", "_track_id", "distinct_id", "original_id", "login_id", "anonymous_id"],
        );
        let [identities, properties, lib, item_type, item_id] =
            pick(Some(raw), ["identities", "properties", "lib", "item_type", "item_id"]);
        let (kind, identities) = (needed("type", kind)?, object("identities", identities)?);
        // Of a profile that is unset, some send the names as a list.
        let listed = kind == "profile_unset" && properties.is_some_and(|raw| raw.starts_with('['));
        let properties = if listed { properties } else { object("properties", properties)? };
        Ok(Self {
            kind,
            event,
            time,
            track_id,
            distinct_id,
            original_id,
            login_id,
            anonymous_id,
            identities,
            properties,
            lib,
            item_type,
            item_id,
        })
    }

    /// Made of what stays the same when it is sent again. A message without `_track_id` is known by all of it and its
    /// place, if its time is told to the millisecond; else two that are alike may well be two.
    fn id(&self, raw: &str, index: usize) -> Option<String> {
        let mut hash = xxhash_rust::xxh3::Xxh3::new();
        match self.track_id {
            Some(track_id) => {
                for part in [Some(&*self.kind), self.event, self.time, Some(track_id), self.distinct_id, self.item_id] {
                    hash.update(part.unwrap_or_default().as_bytes());
                    hash.update(&[0]);
                }
            }
            None if self.time.is_some_and(|time| time.len() >= 13 && !time.ends_with("000")) => {
                hash.update(raw.as_bytes());
                hash.update(&(index as u64).to_le_bytes());
            }
            None => return None,
        }
        Some(format!("sa-{:032x}", hash.digest128()))
    }

    /// Who it is about, and where they are.
    fn shopper(&self, out: &mut Object) -> Result<(), Fault> {
        let distinct = needed("distinct_id", self.distinct_id)?;
        let [is_login] = pick(self.properties, ["$is_login_id"]);
        let [identity] = pick(self.identities, ["$identity_login_id"]);
        let text = |raw: Option<&'a str>| raw.and_then(text_of).filter(|text| !text.is_empty());
        let is_known = self.kind == "track_signup" || is_login == Some("true");
        let user = text(self.login_id).or_else(|| text(identity)).or_else(|| is_known.then(|| distinct.clone()));
        let anonymous = text(self.anonymous_id).or_else(|| (user.as_ref() != Some(&distinct)).then_some(distinct));
        out.text("userId", user.as_deref()).text("anonymousId", anonymous.as_deref());
        out.object("context", self.context());
        Ok(())
    }

    /// The properties as they were sent, with the identities beside.
    fn with_identities(&self) -> Object {
        let mut properties = Object::new();
        properties.all_of(self.properties);
        if let (Some(identities), [None]) = (self.identities, pick(self.properties, ["identities"])) {
            properties.raw("identities", Some(identities));
        }
        properties
    }

    fn track(&self, out: &mut Object) -> Result<(), Fault> {
        let event = needed("event", self.event)?;
        let kind = match &*event {
            "$pageview" => "page",
            "$MPViewScreen" | "$AppViewScreen" => "screen",
            _ => "track",
        };
        out.text("type", Some(kind)).object("properties", self.with_identities());
        if kind == "track" {
            out.text("event", Some(&meant(event)));
        }
        Ok(())
    }

    fn signup(&self, out: &mut Object) -> Result<(), Fault> {
        let original = needed("original_id", self.original_id)?;
        out.text("type", Some("alias")).text("previousId", Some(&original));
        out.object("properties", self.with_identities());
        Ok(())
    }

    fn bind(&self, out: &mut Object) -> Result<(), Fault> {
        if self.identities.is_none() {
            return Err(Fault::Missing { field: "identities" });
        }
        out.text("type", Some("alias")).object("properties", self.with_identities());
        Ok(())
    }

    /// What was taken apart must not be read as what belongs together.
    fn unbind(&self, out: &mut Object) {
        let mut properties = Object::new();
        properties.all_of(self.properties).raw("unbound", self.identities);
        out.text("type", Some("track")).text("event", Some("$UnbindID")).object("properties", properties);
    }

    /// What is said of the profile: the properties but for those that tell how to read the message.
    fn profile(&self) -> Object {
        let mut profile = Object::new();
        // Properties were found to be an object.
        let _ = fields(self.properties.unwrap_or("{}"), |key, value| {
            if !matches!(key, "$is_login_id" | "$token" | "$project" | "$time") {
                profile.raw(key, Some(value));
            }
        });
        profile
    }

    /// What is no longer so: the names of properties, or a list of names.
    fn unset(&self) -> Object {
        let mut gone = Object::new();
        if let Some(names) = self.properties.and_then(elements) {
            names.into_iter().filter_map(text_of).for_each(|name| {
                gone.raw(&name, Some("null"));
            });
            return gone;
        }
        let _ = fields(&self.profile().done(), |key, _| {
            gone.raw(key, Some("null"));
        });
        gone
    }

    fn traits(&self, out: &mut Object, traits: Object) {
        out.text("type", Some("identify")).raw("traits", Some(&traits.done()));
    }

    fn deed(&self, out: &mut Object, deed: &str) {
        let mut said = Object::new();
        said.object(deed, self.profile());
        self.traits(out, said);
    }

    /// What the shop says of one of its things; of its goods the catalogue learns.
    fn item(&self, mut out: Object) -> Result<Said, Fault> {
        let (kind, id) = (needed("item_type", self.item_type)?, needed("item_id", self.item_id)?);
        let is_product = matches!(
            kind.to_lowercase().as_str(),
            "product" | "products" | "goods" | "good" | "sku" | "spu" | "commodity" | "item" | "商品"
        );
        let name = match (is_product, self.kind == "item_set") {
            (true, true) => known::PRODUCT_UPDATED,
            (true, false) => known::PRODUCT_DELETED,
            (false, true) => "Item Updated",
            (false, false) => "Item Deleted",
        };
        let mut properties = Object::new();
        properties.text("item_type", Some(&kind)).text("item_id", Some(&id));
        if is_product && pick(self.properties, ["product_id"]) == [None] {
            properties.text("product_id", Some(&id));
        }
        properties.all_of(self.properties);
        out.text("type", Some("track")).text("event", Some(name)).object("properties", properties);
        out.object("context", self.context());
        Ok(Said { text: out.done(), guest: true })
    }

    /// The visit, as Segment's clients would tell it.
    fn context(&self) -> Object {
        let [lib, version] = pick(self.lib, ["$lib", "$lib_version"]);
        let [url, referrer, title, path, session, device, agent, ip] = pick(
            self.properties,
            ["$url", "$referrer", "$title", "$url_path", "$event_session_id", "$device_id", "$user_agent", "$ip"],
        );
        let [source, medium, name] = pick(self.properties, ["$utm_source", "$utm_medium", "$utm_campaign"]);
        // Words of the client where there was no page before.
        let referrer = referrer.filter(|raw| match scalar(raw) {
            Scalar::Text(text) => text.contains("://"),
            _ => false,
        });
        let (mut library, mut page, mut campaign, mut by) =
            (Object::new(), Object::new(), Object::new(), Object::new());
        library.raw("name", lib).raw("version", version);
        page.raw("url", url).raw("path", path).raw("title", title).raw("referrer", referrer);
        campaign.raw("name", name).raw("source", source).raw("medium", medium);
        by.raw("id", device);
        let mut context = Object::new();
        context.object("library", library).object("page", page).object("campaign", campaign).object("device", by);
        context.raw("sessionId", session).raw("userAgent", agent).raw("ip", ip);
        context
    }
}
