/** Keeps people that were found just now as a list, and begins a segment of it: who is found changes, a list does not. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useNavigate } from "react-router";
import { uploadList } from "../api/calls";
import { useI18n } from "../i18n/i18n";
import { useMay } from "../session/session";
import { problemText } from "../ui/problem";
import { newSegmentPath } from "./segment";

interface Props {
  /** What the list's id begins with. */
  kind: string;
  /** What the list is called; the day is added. */
  name: string;
  /** How many people, in words. */
  count: string;
  /** A shopper key of each. */
  find: () => Promise<string[]>;
}

export function KeepAsList({ kind, name, count, find }: Props) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const navigate = useNavigate();
  const keep = useMutation({
    mutationFn: async () => {
      const cells = (await find()).map((key) => `"${key.replaceAll('"', '""')}"`);
      const called = t("lists.onDay", { name, day: new Date().toISOString().slice(0, 10) });
      return uploadList(`${kind}-${Date.now().toString(36)}`, called, ["shopper_id", ...cells].join("\n"));
    },
    onSuccess: async (list) => {
      await client.invalidateQueries({ queryKey: ["segments"] });
      message.success(t("lists.kept", { name: list.name }));
      return navigate(newSegmentPath({ list: list.id }, list.name));
    },
    onError: (error) => message.error(problemText(error, t)),
  });
  if (!useMay("operator")) return null;
  return (
    <Button loading={keep.isPending} onClick={() => keep.mutate()}>
      {t("lists.keep", { count })}
    </Button>
  );
}
