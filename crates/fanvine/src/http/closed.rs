//! Schemas made of several: none of their parts may forbid what another one names.

use std::collections::BTreeMap;

use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::{OpenApi, RefOr};

/// Wherever a schema is made of several, those parts that know no properties but their own are opened in it: nothing could
/// be all of them at once. A part that is named elsewhere stays closed there. The program refuses what it does not know in
/// either case.
pub fn open_parts(contract: &mut OpenApi) {
    let Some(components) = &mut contract.components else { return };
    let named = components.schemas.clone();
    components.schemas.values_mut().for_each(|schema| open_within(schema, &named));
}

fn open_within(schema: &mut RefOr<Schema>, named: &BTreeMap<String, RefOr<Schema>>) {
    match schema {
        RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().for_each(|part| open(part, named)),
        RefOr::T(Schema::OneOf(one)) => one.items.iter_mut().for_each(|variant| open_within(variant, named)),
        RefOr::T(Schema::AnyOf(any)) => any.items.iter_mut().for_each(|variant| open_within(variant, named)),
        _ => {}
    }
}

/// Opens a part, if it is closed.
fn open(part: &mut RefOr<Schema>, named: &BTreeMap<String, RefOr<Schema>>) {
    let meant = match part {
        RefOr::Ref(reference) => {
            let name = reference.ref_location.strip_prefix("#/components/schemas/").unwrap_or_default();
            named.get(name).cloned()
        }
        RefOr::T(_) => Some(part.clone()),
    };
    if let Some(RefOr::T(Schema::Object(mut object))) = meant
        && matches!(object.additional_properties.as_deref(), Some(AdditionalProperties::FreeForm(false)))
    {
        object.additional_properties = None;
        *part = RefOr::T(Schema::Object(object));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parts_are_open_together_and_closed_by_themselves() {
        let period =
            json!({ "type": "object", "properties": { "from": { "type": "string" } }, "additionalProperties": false });
        let own = json!({ "type": "object", "properties": { "steps": { "type": "integer" } } });
        let funnel = json!({ "allOf": [{ "$ref": "#/components/schemas/Period" }, own] });
        let mut contract: OpenApi = serde_json::from_value(json!({
            "openapi": "3.1.0", "info": { "title": "", "version": "" }, "paths": {},
            "components": { "schemas": { "Period": period, "Funnel": funnel, "Either": { "oneOf": [funnel] } } },
        }))
        .unwrap();
        open_parts(&mut contract);
        let schemas = &serde_json::to_value(&contract).unwrap()["components"]["schemas"];
        let opened = json!({ "allOf": [{ "type": "object", "properties": { "from": { "type": "string" } } }, own] });
        assert_eq!(schemas["Period"], period);
        assert_eq!((&schemas["Funnel"], &schemas["Either"]["oneOf"][0]), (&opened, &opened));
    }
}
