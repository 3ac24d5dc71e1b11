/** Says that identifiers are not one person, after showing what that would change. */
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Alert, App, Checkbox, Input, Modal } from "antd";
import { useState } from "react";
import { decideIdentity, previewDecisions } from "../api/calls";
import type { IdentityDecision, IdentityPreview, Identifier as Named } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { problemText } from "../ui/problem";
import { useAfterDecision } from "./Decisions";
import { Identifier } from "./Evidence";

interface Props {
  open: boolean;
  identifiers: Named[];
  onClose: () => void;
}

export function SeparateDialog({ open, identifiers, onClose }: Props) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const afterwards = useAfterDecision();
  const [chosen, setChosen] = useState<string[]>([]);
  const [note, setNote] = useState("");
  const picked = identifiers.filter((identifier) => chosen.includes(nameOf(identifier)));
  const decision: IdentityDecision = { decision: "separate", identifiers: picked };
  const preview = useQuery({
    queryKey: ["identity", "preview", decision],
    queryFn: () => previewDecisions([decision]),
    enabled: open && picked.length > 1,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  const separate = useMutation({
    mutationFn: () => decideIdentity({ ...decision, ...(note.trim() === "" ? {} : { note: note.trim() }) }),
    onSuccess: async () => {
      await afterwards();
      message.success(t("separate.done"));
      onClose();
    },
  });
  return (
    <Modal
      open={open}
      destroyOnHidden
      width={620}
      title={t("separate.title")}
      okText={t("separate.action")}
      okButtonProps={{ danger: true, disabled: picked.length < 2 }}
      confirmLoading={separate.isPending}
      onOk={() => separate.mutate()}
      onCancel={onClose}
      afterClose={() => {
        separate.reset();
        setChosen([]);
        setNote("");
      }}
    >
      <p className="separate-about">{t("separate.about")}</p>
      <Checkbox.Group
        className="separate-choice"
        value={chosen}
        onChange={(values) => setChosen(values)}
        options={identifiers.map((identifier) => ({
          value: nameOf(identifier),
          label: <Identifier identifier={identifier} />,
        }))}
      />
      <Input
        maxLength={500}
        aria-label={t("separate.note")}
        placeholder={t("separate.note")}
        value={note}
        onChange={(change) => setNote(change.target.value)}
      />
      <div className="separate-preview" aria-live="polite">
        {picked.length < 2 && <p className="faint">{t("separate.choose")}</p>}
        {picked.length > 1 && preview.isError && <Alert type="error" showIcon title={problemText(preview.error, t)} />}
        {picked.length > 1 && preview.data && <Preview preview={preview.data} />}
        {separate.isError && <Alert type="error" showIcon title={problemText(separate.error, t)} />}
      </div>
    </Modal>
  );
}

function Preview({ preview }: { preview: IdentityPreview }) {
  const { t } = useI18n();
  if (preview.changes.length === 0) return <Alert type="info" showIcon title={t("separate.nothing")} />;
  return (
    <Alert
      type="warning"
      showIcon
      title={t("separate.would")}
      description={
        <ul className="separate-changes">
          {preview.changes.map((change) => (
            <li key={JSON.stringify(change.identifiers)}>
              {change.identifiers.map((identifier) => (
                <Identifier key={nameOf(identifier)} identifier={identifier} />
              ))}
            </li>
          ))}
        </ul>
      }
    />
  );
}

function nameOf({ kind, value }: Named): string {
  return `${kind} ${value}`;
}
