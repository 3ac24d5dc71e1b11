/** Saves the question at hand with a name. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Input, Modal, Select } from "antd";
import { useState } from "react";
import { type InsightKind, saveInsight } from "../api/reporting";
import { useI18n } from "../i18n/i18n";
import { problemText } from "../ui/problem";

interface Props {
  kind: InsightKind;
  /** The question with its days, as it is asked. */
  question: object;
}

export function SaveInsight(props: Props) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("saved.save")}</Button>
      {open && <Dialog {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

/** How many days a saved question looks back; 0 keeps its own days. */
const lookingBack = [7, 30, 90, 365, 0];

function Dialog({ kind, question, onClose }: Props & { onClose: () => void }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [shared, setShared] = useState(false);
  const [days, setDays] = useState(30);
  const save = useMutation({
    mutationFn: () => {
      const { from, to, ...open } = question as { from?: string; to?: string };
      const asked = days === 0 ? { from, to, ...open } : open;
      return saveInsight({ name, description, shared, kind, question: asked, days: days === 0 ? null : days });
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["saved-insights"] });
      message.success(t("saved.done"));
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t("saved.save")}
      okText={t("form.save")}
      okButtonProps={{ disabled: name.trim() === "" }}
      confirmLoading={save.isPending}
      onOk={() => save.mutate()}
      onCancel={onClose}
    >
      <div className="stack">
        <Input
          aria-label={t("saved.name")}
          placeholder={t("saved.name")}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Input.TextArea
          aria-label={t("saved.description")}
          placeholder={t("saved.description")}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
        <Select
          aria-label={t("saved.days")}
          value={days}
          onChange={setDays}
          options={lookingBack.map((value) => ({
            value,
            label: value === 0 ? t("saved.ownDays") : t("saved.lastDays", { days: value }),
          }))}
        />
        <Checkbox checked={shared} onChange={(event) => setShared(event.target.checked)}>
          {t("saved.shared")}
        </Checkbox>
        {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
      </div>
    </Modal>
  );
}
