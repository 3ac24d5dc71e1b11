/** The queries asked before, newest first, kept in this browser. */
export interface Asked {
  query: string;
  at: string;
}

const storageKey = "fanvine.sql.history";
const kept = 50;

export function remember(list: Asked[], query: string, at: string): Asked[] {
  const text = query.trim();
  return [{ query: text, at }, ...list.filter((asked) => asked.query !== text)].slice(0, kept);
}

export function loadHistory(): Asked[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(storageKey) ?? "[]");
    return Array.isArray(list) ? list.filter(isAsked) : [];
  } catch {
    return [];
  }
}

export function saveHistory(list: Asked[]): void {
  localStorage.setItem(storageKey, JSON.stringify(list));
}

function isAsked(value: unknown): value is Asked {
  const asked = value as Partial<Asked> | null;
  return typeof asked?.query === "string" && typeof asked.at === "string";
}
