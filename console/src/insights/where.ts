/** Filters of events: as the address has them, and as a question does. Pure. */
import type { Filter } from "../segments/rule";

/** The pairs whose value says more than nothing. */
export function said(pairs: [string, string | null][]): [string, string][] {
  return pairs.filter((pair): pair is [string, string] => pair[1] !== null && pair[1] !== "");
}

const isFilter = (value: unknown): value is Filter =>
  typeof value === "object" && value !== null && typeof (value as Filter).field === "string" && "is" in value;

/** The filters an address has under a name, for a field of what is asked; nothing if there are none that can be read. */
export function readWhere<Name extends string>(
  params: URLSearchParams,
  field: Name,
  name: string,
): Partial<Record<Name, Filter[]>> {
  const where = parse(params.get(name));
  return where.length === 0 ? {} : ({ [field]: where } as Partial<Record<Name, Filter[]>>);
}

function parse(text: string | null): Filter[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(value) ? value.filter(isFilter) : [];
  } catch {
    return [];
  }
}

export const writeWhere = (where: Filter[] | undefined) =>
  where === undefined || where.length === 0 ? null : JSON.stringify(where);

/** Which events a question means: nothing for any, names, or names with what their fields must be. */
export function chosen(names: string[], where: Filter[] | undefined) {
  if (where === undefined || where.length === 0) return names.length === 0 ? undefined : names;
  return { ...(names.length === 0 ? {} : { names }), where };
}
