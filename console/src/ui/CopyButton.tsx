/** Copies a text, and says so. */

import { App, Button } from "antd";
import { useEffect, useState } from "react";
import { useI18n } from "../i18n/i18n";
import { CheckOutlined, CopyOutlined } from "./icons";

interface Props {
  text: string;
  label: string;
  /** Shown beside the icon; without it the button is the icon alone. */
  caption?: string;
}

export function CopyButton({ text, label, caption }: Props) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await writeClipboard(text);
      setCopied(true);
    } catch {
      message.error(t("copy.failed"));
    }
  };
  return (
    <Button
      size="small"
      type={caption === undefined ? "text" : "default"}
      aria-label={label}
      title={label}
      onClick={copy}
      icon={copied ? <CheckOutlined /> : <CopyOutlined />}
    >
      {caption === undefined ? null : copied ? t("copy.done") : caption}
    </Button>
  );
}

/** The clipboard API exists only on https and localhost; a shop may well run Fanvine on plain http in its own network. */
async function writeClipboard(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("copy refused");
}
