/** What shall be watched. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Form, Input, InputNumber, Modal, Select } from "antd";
import { useState } from "react";
import { type AlertTerms, previewAlert, saveAlert } from "../api/reporting";
import { type Measured, MetricInput, useUnit } from "../goals/MetricInput";
import { useI18n } from "../i18n/i18n";
import { usePlace } from "../people/usePlace";
import { problemText } from "../ui/problem";

type Condition = AlertTerms["condition"];
type Kind = Condition["kind"];

export function AlertDialog({ onClose, canEmail }: { onClose: () => void; canEmail: boolean }) {
  const { t } = useI18n();
  const { language } = usePlace();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [metric, setMetric] = useState<Measured>({ kind: "revenue" });
  const [kind, setKind] = useState<Kind>("threshold");
  const [below, setBelow] = useState<number | null>(null);
  const [above, setAbove] = useState<number | null>(null);
  const [fallsBy, setFallsBy] = useState<number | null>(20);
  const [level, setLevel] = useState(99);
  const [running, setRunning] = useState(false);
  const [every, setEvery] = useState<"hour" | "day">("day");
  const [hour, setHour] = useState(8);
  const [cooldown, setCooldown] = useState(0);
  const [emails, setEmails] = useState<string[]>([]);
  const unit = useUnit(metric);
  const scaled = (value: number | null) => (value === null ? null : value * unit.scale);
  const conditions: Record<Kind, Condition> = {
    threshold: { kind: "threshold", below: scaled(below), above: scaled(above) },
    change: { kind: "change", falls_by: fallsBy === null ? null : fallsBy / 100 },
    anomaly: { kind: "anomaly", level: level / 100 },
  };
  const terms: AlertTerms = {
    name,
    metric,
    condition: conditions[kind],
    running: running && kind !== "anomaly",
    schedule: { every, hour },
    cooldown_h: cooldown,
    emails,
    language,
  };
  const preview = useMutation({ mutationFn: () => previewAlert({ ...terms, name: name.trim() === "" ? "—" : name }) });
  const save = useMutation({
    mutationFn: () => saveAlert(terms),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["alerts"] });
      onClose();
    },
  });
  const failed = save.error ?? preview.error;
  return (
    <Modal
      open
      title={t("alerts.create")}
      okText={t("form.save")}
      confirmLoading={save.isPending}
      onOk={() => save.mutate()}
      onCancel={onClose}
    >
      <Form layout="vertical">
        <Form.Item label={t("alerts.name")}>
          <Input aria-label={t("alerts.name")} value={name} onChange={(event) => setName(event.target.value)} />
        </Form.Item>
        <MetricInput value={metric} onChange={setMetric} />
        <Form.Item label={t("alerts.when")}>
          <Select
            aria-label={t("alerts.when")}
            value={kind}
            onChange={setKind}
            options={(["threshold", "change", "anomaly"] as const).map((value) => ({
              value,
              label: t(`condition.${value}`),
            }))}
          />
        </Form.Item>
        {kind === "threshold" && (
          <Form.Item label={t("alerts.bounds", { unit: unit.name })}>
            <InputNumber
              aria-label={t("alerts.below")}
              placeholder={t("alerts.below")}
              value={below}
              onChange={setBelow}
            />{" "}
            <InputNumber
              aria-label={t("alerts.above")}
              placeholder={t("alerts.above")}
              value={above}
              onChange={setAbove}
            />
          </Form.Item>
        )}
        {kind === "change" && (
          <Form.Item label={t("alerts.fallsBy")}>
            <InputNumber
              aria-label={t("alerts.fallsBy")}
              suffix="%"
              min={1}
              max={100}
              value={fallsBy}
              onChange={setFallsBy}
            />
          </Form.Item>
        )}
        {kind === "anomaly" && (
          <Form.Item label={t("alerts.level")}>
            <InputNumber
              aria-label={t("alerts.level")}
              suffix="%"
              min={50}
              max={99.9}
              value={level}
              onChange={(value) => setLevel(value ?? 99)}
            />
          </Form.Item>
        )}
        {kind !== "anomaly" && (
          <Form.Item>
            <Checkbox checked={running} onChange={(event) => setRunning(event.target.checked)}>
              {t("alerts.running")}
            </Checkbox>
          </Form.Item>
        )}
        <Form.Item label={t("alerts.checked")}>
          <Select
            aria-label={t("alerts.checked")}
            style={{ width: 180 }}
            value={every}
            onChange={setEvery}
            options={(["hour", "day"] as const).map((value) => ({ value, label: t(`alerts.every.${value}`) }))}
          />{" "}
          {every === "day" && (
            <InputNumber
              aria-label={t("alerts.hour")}
              min={0}
              max={23}
              value={hour}
              suffix=":00"
              onChange={(value) => setHour(value ?? 8)}
            />
          )}
        </Form.Item>
        <Form.Item label={t("alerts.cooldown")}>
          <InputNumber min={0} max={720} value={cooldown} onChange={(value) => setCooldown(value ?? 0)} />
        </Form.Item>
        <Form.Item label={t("alerts.emails")} extra={canEmail ? undefined : t("alerts.noMailServer")}>
          <Select
            mode="tags"
            aria-label={t("alerts.emails")}
            value={emails}
            onChange={setEmails}
            open={false}
            suffixIcon={null}
          />
        </Form.Item>
        <Button loading={preview.isPending} onClick={() => preview.mutate()}>
          {t("alerts.preview")}
        </Button>
        {preview.data && (
          <Alert
            style={{ marginTop: 12 }}
            type={preview.data.raises ? "warning" : "success"}
            showIcon
            title={preview.data.found.said[language]}
          />
        )}
        {failed != null && <Alert style={{ marginTop: 12 }} type="error" showIcon title={problemText(failed, t)} />}
      </Form>
    </Modal>
  );
}
