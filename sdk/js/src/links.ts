/** Addresses, read and written without what only browsers have. */

type Params = Record<string, string | null | undefined>;

/** What text decodes to; itself if it does not. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, " "));
  } catch {
    return text;
  }
}

/** A query, with or without its question mark. Of a name that comes twice the first counts. */
export function paramsOf(query: string): Record<string, string> {
  const params: Record<string, string> = {};
  for (const pair of query.replace(/^\?/, "").split("&")) {
    const [, name, value] = /^([^=]+)=?(.*)$/.exec(pair) || [];
    if (name && !(decoded(name) in params)) params[decoded(name)] = decoded(value || "");
  }
  return params;
}

/** The address with these in its query instead of what had their names; those that are nothing are left out. */
export function withParams(url: string, params: Params, without?: RegExp): string {
  const [, path = "", query = "", hash = ""] = /^([^?#]*)\??([^#]*)(.*)$/.exec(url) || [];
  const kept = query.split("&").filter((pair) => {
    const name = decoded(pair.split("=")[0] as string);
    return pair && !(name in params) && !without?.test(name);
  });
  for (const name in params) {
    const value = params[name];
    if (value) kept.push(`${name}=${encodeURIComponent(value)}`);
  }
  return path + (kept[0] ? `?${kept.join("&")}` : "") + hash;
}

/** The host of an address, without `www.`. */
export const hostOf = (url: string): string | undefined => /^[a-z]+:\/\/(?:www\.)?([^/?#:]+)/i.exec(url)?.[1];
