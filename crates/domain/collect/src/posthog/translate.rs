//! A message of PostHog's in Segment's words.

use fanvine_kernel::Timestamp;

use crate::said::{Object, Said, needed, object};
use crate::segment::json::{elements, pick};
use crate::segment::{Arrival, Fault, shown, text_of};

/// What a message says beside its properties, and what of them means something.
struct Message<'a> {
    properties: Option<&'a str>,
    traits: Object,
    /// `distinct_id`.
    shopper: String,
    /// Whether it names somebody the shop knows, or only a device.
    known: bool,
    anonymous: Option<&'a str>,
    context: Object,
}

/// Puts a message into Segment's words.
pub(super) fn said(raw: &str, arrival: &Arrival<'_>) -> Result<Said, Fault> {
    if !raw.starts_with('{') {
        return Err(Fault::NotAnObject { got: shown(raw) });
    }
    let [event, properties, timestamp, uuid, offset] =
        pick(Some(raw), ["event", "properties", "timestamp", "uuid", "offset"]);
    let name = needed("event", event)?;
    let properties = object("properties", properties)?;
    let [insert_id] = pick(properties, ["$insert_id"]);
    let message = Message::read(raw, properties)?;
    let mut out = Object::new();
    out.raw("messageId", uuid.or(insert_id));
    match (timestamp, offset.and_then(|raw| raw.parse::<f64>().ok())) {
        (Some(timestamp), _) => out.raw("timestamp", Some(timestamp)),
        // Browsers tell how many milliseconds ago it was.
        (None, Some(ago)) => out.text("timestamp", Some(&before(arrival.received_at, ago).to_string())),
        (None, None) => &mut out,
    };
    let guest = match &*name {
        "$identify" | "$set" | "$set_once" | "$unset" => message.identify(out, &name == "$identify"),
        "$create_alias" | "$merge_dangerously" => message.alias(out),
        "$groupidentify" => message.group(out),
        "$pageview" => message.seen(out, "page", None),
        "$screen" => message.seen(out, "screen", pick(properties, ["$screen_name"])[0]),
        _ => message.track(out, &name),
    };
    guest.map(|(out, guest)| Said { text: out.done(), guest })
}

fn before(now: Timestamp, ago_ms: f64) -> Timestamp {
    let micros = (ago_ms * 1e3).clamp(0.0, now.micros().max(0) as f64);
    now.plus_micros(-(micros as i64))
}

type Written = Result<(Object, bool), Fault>;

impl<'a> Message<'a> {
    fn read(raw: &'a str, properties: Option<&'a str>) -> Result<Self, Fault> {
        let [own_id, set, set_once] = pick(Some(raw), ["distinct_id", "$set", "$set_once"]);
        let [id, inner_set, inner_once, unset, device, identified, personless, anonymous] = pick(
            properties,
            [
                "distinct_id",
                "$set",
                "$set_once",
                "$unset",
                "$device_id",
                "$is_identified",
                "$process_person_profile",
                "$anon_distinct_id",
            ],
        );
        let shopper = needed("distinct_id", own_id.or(id))?.into_owned();
        let mut traits = Object::new();
        traits.all_of(object("$set", set.or(inner_set))?);
        if let Some(once) = object("$set_once", set_once.or(inner_once))?.filter(|once| !is_empty(once)) {
            traits.raw("$set_once", Some(once));
        }
        for name in unset.and_then(elements).into_iter().flatten().filter_map(text_of) {
            traits.raw(&name, Some("null"));
        }
        let is_device = device.and_then(text_of).is_some_and(|device| device == shopper);
        let known = !is_device && identified != Some("false") && personless != Some("false");
        Ok(Self { properties, traits, shopper, known, anonymous, context: context(properties) })
    }

    fn written(self, mut out: Object, kind: &str) -> Object {
        out.text("type", Some(kind));
        out.text(if self.known { "userId" } else { "anonymousId" }, Some(&self.shopper));
        out.raw("anonymousId", self.anonymous.filter(|_| self.known));
        out.object("context", self.context);
        out
    }

    /// What an event says of the shopper beside itself goes into its context.
    fn beside(mut self) -> Self {
        let traits = std::mem::replace(&mut self.traits, Object::new());
        self.context.object("traits", traits);
        self
    }

    fn track(self, mut out: Object, name: &str) -> Written {
        out.text("event", Some(name)).raw("properties", self.properties);
        Ok((self.beside().written(out, "track"), false))
    }

    fn seen(self, mut out: Object, kind: &str, name: Option<&str>) -> Written {
        out.raw("name", name).raw("properties", self.properties);
        Ok((self.beside().written(out, kind), false))
    }

    fn identify(mut self, mut out: Object, is_login: bool) -> Written {
        let traits = std::mem::replace(&mut self.traits, Object::new());
        out.raw("traits", Some(&traits.done()));
        // Whoever identifies is known from here on, whatever the browser says of before.
        self.known |= is_login;
        Ok((self.written(out, "identify"), false))
    }

    /// PostHog's clients disagree which of the two is the old name: those of browsers and of Python put it into
    /// `distinct_id`, the others into `alias`.
    fn alias(mut self, mut out: Object) -> Written {
        let [alias, lib] = pick(self.properties, ["alias", "$lib"]);
        let alias = needed("alias", alias)?.into_owned();
        let lib = lib.and_then(text_of).unwrap_or_default();
        let previous = match &*lib {
            "web" | "posthog-python" => std::mem::replace(&mut self.shopper, alias),
            _ => alias,
        };
        self.known = true;
        out.text("previousId", Some(&previous));
        Ok((self.written(out, "alias"), false))
    }

    fn group(mut self, mut out: Object) -> Written {
        let [kind, key, set] = pick(self.properties, ["$group_type", "$group_key", "$group_set"]);
        let (kind, key) = (needed("$group_type", kind)?, needed("$group_key", key)?);
        let mut traits = Object::new();
        traits.text("groupType", Some(&kind)).all_of(object("$group_set", set)?);
        out.text("groupId", Some(&key)).raw("traits", Some(&traits.done()));
        // Servers name nobody: they make up a shopper out of the group.
        let nobody = self.shopper == format!("${kind}_{key}");
        if nobody {
            self.shopper.clear();
        }
        Ok((self.written(out, "group"), nobody))
    }
}

fn is_empty(object: &str) -> bool {
    object.strip_prefix('{').is_some_and(|rest| rest.trim_start() == "}")
}

/// The visit, as Segment's clients would tell it.
fn context(properties: Option<&str>) -> Object {
    let [lib, version, url, referrer, title, path, session, device, agent, ip] = pick(
        properties,
        [
            "$lib",
            "$lib_version",
            "$current_url",
            "$referrer",
            "title",
            "$pathname",
            "$session_id",
            "$device_id",
            "$raw_user_agent",
            "$ip",
        ],
    );
    let [source, medium, name] = pick(properties, ["utm_source", "utm_medium", "utm_campaign"]);
    // What a browser says where there was no page before.
    let referrer = referrer.filter(|raw| *raw != "\"$direct\"");
    let (mut library, mut page, mut campaign, mut by) = (Object::new(), Object::new(), Object::new(), Object::new());
    library.raw("name", lib).raw("version", version);
    page.raw("url", url).raw("path", path).raw("title", title).raw("referrer", referrer);
    campaign.raw("name", name).raw("source", source).raw("medium", medium);
    by.raw("id", device);
    let mut context = Object::new();
    context.object("library", library).object("page", page).object("campaign", campaign).object("device", by);
    context.raw("sessionId", session).raw("userAgent", agent).raw("ip", ip);
    context
}
