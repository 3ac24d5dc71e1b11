/** Elements from calls: nothing is parsed, so nothing a shop calls its goods becomes markup. */
type Child = Node | string | number | null | undefined | false;

type Properties<T> = Partial<Omit<T, "style" | "children">> & { role?: string; "aria-label"?: string };

export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Properties<HTMLElementTagNameMap[K]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "role" || key.startsWith("aria-")) made.setAttribute(key, String(value));
    else if (value !== undefined) Reflect.set(made, key, value);
  }
  for (const child of children) if (child || child === 0) made.append(typeof child === "number" ? `${child}` : child);
  return made;
}

/** Shows this, and nothing else. Where somebody types or chooses, what they chose stays with the page's own state. */
export function show(...children: Child[]): void {
  const page = document.getElementById("page");
  if (!page) return;
  page.replaceChildren(...children.filter((child): child is Node | string => !!child && typeof child !== "number"));
  page.setAttribute("aria-busy", "false");
}

/** A line that says how things stand. */
export const line = (...text: (Node | string)[]) => el("p", { className: "state", role: "status" }, ...text);

/** A line at the bottom that goes by itself. */
export function tell(text: string): void {
  document.querySelector(".told")?.remove();
  const line = el("p", { className: "told", role: "alert" }, text);
  document.body.append(line);
  setTimeout(() => line.remove(), 6_000);
}

/** An action that is carried out once, however often it is pressed. */
export function button(text: string, act: () => Promise<void> | void, className = "main"): HTMLButtonElement {
  const made = el("button", { className, type: "button" }, text);
  made.onclick = async () => {
    made.disabled = true;
    try {
      await act();
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error));
    }
    made.disabled = false;
  };
  return made;
}
