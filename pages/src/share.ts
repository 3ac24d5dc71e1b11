/** Sharing: the link, by the tracker if the page has one, so that the share is an event; and a poster with its QR code. */
import { encode } from "uqr";
import { here } from "./ask";
import { button, el, tell } from "./draw";
import { say, told } from "./told";

interface Tracker {
  track?: (event: string, properties: Record<string, string>) => void;
  shareLink?: (url: string, sharing: { what: Record<string, string> }) => string;
}

/** What is shared, and how it looks. */
export interface Shared {
  title: string;
  price: string;
  image: string | null;
  what: Record<string, string>;
  /** The link, where it is the same for ever; otherwise the page's own, made anew each time it is shared. */
  url?: string;
}

const WIDTH = 600;
const HEIGHT = 900;
const CODE = 260;

function linkOf(shared: Shared): string {
  const tracker = (window as { fanvine?: Tracker }).fanvine;
  if (shared.url) {
    tracker?.track?.("Product Shared", { ...shared.what, url: shared.url });
    return shared.url;
  }
  return tracker?.shareLink?.(here(), { what: shared.what }) ?? here();
}

async function share(shared: Shared): Promise<void> {
  const url = linkOf(shared);
  if (navigator.share) {
    await navigator.share({ title: shared.title, url }).catch(() => undefined);
    return;
  }
  try {
    await navigator.clipboard.writeText(url);
    tell(say("The link is copied: send it to your friends.", "链接已复制，快发给好友吧。"));
  } catch {
    prompt(say("Send this link to your friends", "把链接发给好友"), url);
  }
}

const loaded = (url: string): Promise<HTMLImageElement | null> =>
  new Promise((done) => {
    const image = new Image();
    // Without leave to read it, the poster could not be kept as a picture.
    image.crossOrigin = "anonymous";
    image.onload = () => done(image);
    image.onerror = () => done(null);
    image.src = url;
  });

/** Text on as many lines as it needs, at most `most`. */
function lines(brush: CanvasRenderingContext2D, text: string, width: number, most: number): string[] {
  const made = [""];
  for (const letter of text) {
    const last = (made[made.length - 1] ?? "") + letter;
    if (brush.measureText(last).width <= width) made[made.length - 1] = last;
    else if (made.length < most) made.push(letter);
    else return made;
  }
  return made;
}

async function poster(shared: Shared, url: string): Promise<HTMLCanvasElement> {
  const canvas = el("canvas", { width: WIDTH, height: HEIGHT });
  const brush = canvas.getContext("2d");
  if (!brush) throw new Error(say("This browser draws no poster.", "当前浏览器无法生成海报。"));
  brush.fillStyle = "#fff";
  brush.fillRect(0, 0, WIDTH, HEIGHT);
  const picture = shared.image ? await loaded(shared.image) : null;
  if (picture) {
    const side = Math.min(picture.naturalWidth, picture.naturalHeight);
    const [left, top] = [(picture.naturalWidth - side) / 2, (picture.naturalHeight - side) / 2];
    brush.drawImage(picture, left, top, side, side, 40, 40, 520, 440);
  } else {
    brush.fillStyle = "#fde8e4";
    brush.fillRect(40, 40, 520, 440);
  }
  brush.fillStyle = "#1d1d1f";
  brush.font = "600 30px sans-serif";
  for (const [at, line] of lines(brush, shared.title, 520, 2).entries()) brush.fillText(line, 40, 530 + at * 40);
  brush.fillStyle = "#d92d20";
  brush.font = "700 48px sans-serif";
  // Narrower letters, if it is long: the code begins beside it.
  brush.fillText(shared.price, 40, 690, 245);
  brush.fillStyle = "#6b6b70";
  brush.font = "22px sans-serif";
  for (const [at, line] of lines(brush, say("Scan to take part", "扫码参与"), 240, 2).entries()) {
    brush.fillText(line, 40, 760 + at * 30);
  }
  brush.fillText(told.shop, 40, 840);
  const code = encode(url, { ecc: "M", border: 2 });
  // Whole pixels, so that no seam shows between them.
  const step = Math.max(1, Math.floor(CODE / code.size));
  brush.fillStyle = "#000";
  code.data.forEach((row, y) => {
    row.forEach((dark, x) => {
      if (dark) brush.fillRect(300 + x * step, 610 + y * step, step, step);
    });
  });
  return canvas;
}

/** A picture to keep or send, over the page. */
async function showPoster(shared: Shared): Promise<void> {
  const canvas = await poster(shared, linkOf(shared));
  const image = el("img", { src: canvas.toDataURL("image/png"), alt: say("Poster", "海报") });
  const sheet = el("div", { className: "sheet", role: "dialog", "aria-label": say("Poster", "海报") }, image);
  sheet.append(el("p", {}, say("Press long to save the picture", "长按保存图片")));
  sheet.append(button(say("Close", "关闭"), () => sheet.remove(), "plain"));
  document.body.append(sheet);
}

/** The two ways to share. */
export function sharing(shared: Shared): HTMLElement {
  return el(
    "div",
    { className: "row" },
    button(say("Invite friends", "邀请好友"), () => share(shared)),
    button(say("Poster", "生成海报"), () => showPoster(shared), "plain"),
  );
}
