/** Segments that are ready made: take one over as it is, or begin with its rule. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { Link } from "react-router";
import { adoptTemplate, listTemplates } from "../api/calls";
import type { SegmentTemplate } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { useMay } from "../session/session";
import { CheckOutlined } from "../ui/icons";
import { Failed, Loading, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { newSegmentPath, segmentPath } from "./segment";

export function Templates() {
  const { locale } = useI18n();
  const language = locale === "en" ? "en" : "zh";
  const list = useQuery({ queryKey: ["segments", "templates"], queryFn: listTemplates });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const families = [...new Set(list.data.templates.map((one) => one.family.en))];
  return (
    <div className="stack">
      {families.map((family) => {
        const templates = list.data.templates.filter((one) => one.family.en === family);
        const name = templates[0]?.family[language] ?? family;
        return (
          <Panel key={family} label={name} title={name}>
            <ul className="templates">
              {templates.map((template) => (
                <Template key={template.id} template={template} language={language} />
              ))}
            </ul>
          </Panel>
        );
      })}
    </div>
  );
}

function Template({ template, language }: { template: SegmentTemplate; language: "en" | "zh" }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const mayChange = useMay("operator");
  const adopt = useMutation({
    mutationFn: () => adoptTemplate(template.id),
    onSuccess: (segment) => {
      message.success(t("templates.taken", { name: segment.name }));
      return client.invalidateQueries({ queryKey: ["segments"] });
    },
    onError: (error) => message.error(problemText(error, t)),
  });
  const name = template.name[language];
  return (
    <li data-template={template.id}>
      <div className="template-words">
        <strong>{name}</strong>
        <code className="mono">{template.text}</code>
      </div>
      <div className="template-tools">
        {template.taken_over ? (
          <Link to={segmentPath(template.id)}>
            <CheckOutlined /> {t("templates.open")}
          </Link>
        ) : (
          mayChange && (
            <Button size="small" loading={adopt.isPending} onClick={() => adopt.mutate()}>
              {t("templates.take")}
            </Button>
          )
        )}
        {mayChange && <Link to={newSegmentPath(template.rule, name)}>{t("templates.begin")}</Link>}
      </div>
    </li>
  );
}
