/** By which limits the scores are given: fifths of the buyers, or the shop's own. */
import { Form, Input, Modal } from "antd";
import { useState } from "react";
import type { StandingQuestion } from "../api/calls";
import type { RfmBands, RfmReport } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { minorDigits } from "../ui/format";
import { readCuts } from "./rfm";

interface Props {
  open: boolean;
  report: RfmReport;
  question: StandingQuestion;
  onClose: () => void;
  onChoose: (cuts: Record<string, string>) => void;
}

const names = ["recency", "frequency", "monetary"] as const;
type Name = (typeof names)[number];

export function CutsDialog({ open, report, question, onClose, onChoose }: Props) {
  const { t } = useI18n();
  const perUnit = report.currency == null ? 1 : 10 ** minorDigits(report.currency);
  const factor = (name: Name) => (name === "monetary" ? perUnit : 1);
  const given = (name: Name) =>
    (question[`${name}_cuts`] ?? "")
      .split(",")
      .filter((number) => number !== "")
      .map((number) => Number(number) / factor(name))
      .join(", ");
  const [texts, setTexts] = useState<Record<Name, string>>({
    recency: given("recency"),
    frequency: given("frequency"),
    monetary: given("monetary"),
  });
  const read = (name: Name) => readCuts(texts[name], factor(name));
  const wrong = (name: Name) => "wrong" in read(name);
  const present = (bands: RfmBands, name: Name) =>
    bands.cuts.map((cut) => (cut == null ? "–" : cut / factor(name))).join(", ");
  const choose = () => {
    const chosen: Record<string, string> = {};
    for (const name of names) {
      const cuts = read(name);
      if ("wrong" in cuts) return;
      chosen[`${name}_cuts`] = cuts.cuts;
    }
    onChoose(chosen);
    onClose();
  };
  return (
    <Modal
      open={open}
      title={t("rfm.cutsTitle")}
      okText={t("rfm.cutsAction")}
      okButtonProps={{ disabled: names.some(wrong) }}
      onOk={choose}
      onCancel={onClose}
    >
      <p className="dialog-about">{t("rfm.cutsAbout")}</p>
      <Form layout="vertical" onFinish={choose}>
        {names.map((name) => (
          <Form.Item
            key={name}
            label={t(`rfm.cuts.${name}`)}
            {...(wrong(name) ? { validateStatus: "error" as const, help: t("rfm.cutsWrong") } : {})}
          >
            <Input
              aria-label={t(`rfm.cuts.${name}`)}
              placeholder={t("rfm.cutsFifths", { cuts: present(report[name], name) })}
              value={texts[name]}
              allowClear
              onChange={(change) => setTexts({ ...texts, [name]: change.target.value })}
              onPressEnter={choose}
            />
          </Form.Item>
        ))}
      </Form>
    </Modal>
  );
}
