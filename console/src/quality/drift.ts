/** What the latest events hold that the tracking plan does not name. */
import type { TrackingPlan } from "../api/types";

/** The part of a schema that is compared. */
export interface Form {
  type?: string | string[];
  properties?: Record<string, Form>;
  required?: string[];
  items?: Form;
}

export interface Drift {
  event: string;
  /** Empty for the event itself. */
  path: string;
  kind: "event" | "property" | "type";
  planned: string;
  found: string;
}

const typesOf = (form: Form) => (form.type === undefined ? [] : [form.type].flat());
/** A whole number is a number. */
const fits = (found: string, planned: string[]) =>
  planned.includes(found) || (found === "integer" && planned.includes("number"));

function compare(event: string, path: string, planned: Form, found: Form, drifts: Drift[]) {
  const wanted = typesOf(planned);
  const others = wanted.length === 0 ? [] : typesOf(found).filter((type) => !fits(type, wanted));
  if (others.length > 0) {
    drifts.push({ event, path, kind: "type", planned: wanted.join(", "), found: others.join(", ") });
  }
  if (planned.items !== undefined && found.items !== undefined) {
    compare(event, `${path}[]`, planned.items, found.items, drifts);
  }
  // A plan that names no properties does not mind any.
  if (planned.properties === undefined) return;
  for (const [name, form] of Object.entries(found.properties ?? {})) {
    const inner = path === "" ? name : `${path}.${name}`;
    const known = planned.properties[name];
    if (known === undefined) {
      drifts.push({ event, path: inner, kind: "property", planned: "", found: typesOf(form).join(", ") });
    } else compare(event, inner, known, form, drifts);
  }
}

export function driftsOf(plan: TrackingPlan, observed: TrackingPlan): Drift[] {
  const drifts: Drift[] = [];
  for (const [event, { schema }] of Object.entries(observed.events ?? {})) {
    const planned = plan.events?.[event];
    if (planned === undefined) drifts.push({ event, path: "", kind: "event", planned: "", found: "" });
    else compare(event, "", (planned.schema ?? {}) as Form, schema as Form, drifts);
  }
  return drifts;
}
