/** What the server told the page along with its markup. */
export interface Told {
  page: string;
  id: string;
  language: "zh" | "en";
  shop: string;
  signInUrl: string | null;
  payUrl: string | null;
  shopUrl: string | null;
}

export const told: Told = JSON.parse(document.getElementById("told")?.textContent ?? '{"language":"en"}');

/** The English or the Chinese words. */
export const say = (english: string, chinese: string): string => (told.language === "zh" ? chinese : english);
