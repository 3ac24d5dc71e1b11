/** What is done to the events of a source before they are kept. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Switch } from "antd";
import { changeSource } from "../api/calls";
import type { Source } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { problemText } from "../ui/problem";

export function Cleaning({ source, mayChange }: { source: Source; mayChange: boolean }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const complete = useMutation({
    mutationFn: (complete_products: boolean) => changeSource(source.id, { complete_products }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["sources"] }),
    onError: (error: unknown) => message.error(problemText(error, t)),
  });
  return (
    <div className="stack">
      <span className="source-cleaning">
        <Switch
          checked={source.complete_products}
          disabled={!mayChange}
          loading={complete.isPending}
          aria-label={t("sources.completeOf", { name: source.name })}
          onChange={(wanted) => complete.mutate(wanted)}
        />
        <span>{t("sources.complete")}</span>
      </span>
      <span className="faint">{t("sources.completeText")}</span>
    </div>
  );
}
