/** A report that is wanted now, or again and again. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, DatePicker, Form, Input, InputNumber, Modal, Select } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { listSegments } from "../api/calls";
import { makeReport, previewReport, type ReportOrder, type ReportTerms, saveReportPlan } from "../api/reporting";
import { useI18n } from "../i18n/i18n";
import { usePlace } from "../people/usePlace";
import { problemText } from "../ui/problem";
import { Sheet } from "./Sheet";

interface Props {
  /** Now, or by a schedule. */
  now: boolean;
  mayChange: boolean;
  canEmail: boolean;
  onClose: () => void;
}

type Language = "en" | "zh";

export function ReportDialog({ now, mayChange, canEmail, onClose }: Props) {
  const { t } = useI18n();
  const { language: shown } = usePlace();
  const client = useQueryClient();
  const [name, setName] = useState(t("reports.usualName"));
  const [days, setDays] = useState<[Dayjs, Dayjs]>([dayjs().subtract(7, "day"), dayjs().subtract(1, "day")]);
  const [every, setEvery] = useState<"day" | "week" | "month">("week");
  const [hour, setHour] = useState(8);
  const [emails, setEmails] = useState<string[]>([]);
  const [language, setLanguage] = useState<Language>(shown);
  const [chosen, setChosen] = useState<string[]>([]);
  const segments = useQuery({ queryKey: ["segments", "list"], queryFn: listSegments });
  const named = (segments.data?.segments ?? []).map((one) => ({ value: one.id, label: one.name }));
  const told = chosen.map((id) => ({ segment_id: id, name: named.find((one) => one.value === id)?.label ?? id }));
  const order: ReportOrder = {
    name,
    from: days[0].format("YYYY-MM-DD"),
    to: days[1].format("YYYY-MM-DD"),
    language,
    emails,
    segments: told,
  };
  const terms: ReportTerms = { name, schedule: { every, hour }, emails, language, segments: told };
  const preview = useMutation({ mutationFn: () => previewReport(order) });
  const save = useMutation({
    mutationFn: async () => {
      await (now ? makeReport(order) : saveReportPlan(terms));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: [now ? "reports" : "report-plans"] });
      onClose();
    },
  });
  const failed = save.error ?? preview.error;
  return (
    <Modal
      open
      width={preview.data === undefined ? 560 : 900}
      title={t(now ? "reports.make" : "reports.plan")}
      okText={t(now ? "reports.keep" : "form.save")}
      okButtonProps={{ disabled: !mayChange }}
      confirmLoading={save.isPending}
      onOk={() => save.mutate()}
      onCancel={onClose}
    >
      <Form layout="vertical">
        <Form.Item label={t("reports.name")}>
          <Input aria-label={t("reports.name")} value={name} onChange={(event) => setName(event.target.value)} />
        </Form.Item>
        {now ? (
          <Form.Item label={t("reports.days")}>
            <DatePicker.RangePicker
              aria-label={t("reports.days")}
              value={days}
              onChange={(range) => range?.[0] && range[1] && setDays([range[0], range[1]])}
            />
          </Form.Item>
        ) : (
          <Form.Item label={t("reports.every")}>
            <Select
              aria-label={t("reports.every")}
              style={{ width: 220 }}
              value={every}
              onChange={setEvery}
              options={(["day", "week", "month"] as const).map((value) => ({
                value,
                label: t(`reports.every.${value}`),
              }))}
            />{" "}
            <InputNumber
              aria-label={t("reports.hour")}
              min={0}
              max={23}
              value={hour}
              suffix=":00"
              onChange={(value) => setHour(value ?? 8)}
            />
          </Form.Item>
        )}
        <Form.Item label={t("reports.segments")}>
          <Select
            mode="multiple"
            aria-label={t("reports.segments")}
            value={chosen}
            onChange={setChosen}
            options={named}
            optionFilterProp="label"
          />
        </Form.Item>
        <Form.Item label={t("reports.emails")} extra={canEmail ? undefined : t("alerts.noMailServer")}>
          <Select
            mode="tags"
            aria-label={t("reports.emails")}
            value={emails}
            onChange={setEmails}
            open={false}
            suffixIcon={null}
          />
        </Form.Item>
        <Form.Item label={t("reports.language")}>
          <Select
            aria-label={t("reports.language")}
            style={{ width: 220 }}
            value={language}
            onChange={setLanguage}
            options={(["en", "zh"] as const).map((value) => ({ value, label: t(`reports.language.${value}`) }))}
          />
        </Form.Item>
        {now && (
          <Button loading={preview.isPending} onClick={() => preview.mutate()}>
            {t("reports.preview")}
          </Button>
        )}
        {preview.data !== undefined && (
          <div style={{ marginTop: 12 }}>
            <Sheet name={t("reports.previewOf", { name })} html={preview.data} />
          </div>
        )}
        {failed != null && <Alert style={{ marginTop: 12 }} type="error" showIcon title={problemText(failed, t)} />}
      </Form>
    </Modal>
  );
}
