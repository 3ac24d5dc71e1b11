/** Where messages go and of which events they tell. */
import { Checkbox, Input } from "antd";
import type { WebhookFields } from "../api/act";
import { useI18n } from "../i18n/i18n";
import { Field } from "../offers/BenefitForm";
import { Words } from "../offers/ScopeForm";

/** What Fanvine itself tells of; a name that ends in a star stands for all that begin so. */
const known = [
  "Redemption *",
  "Redemption Reserved",
  "Redemption Deposited",
  "Redemption Redeemed",
  "Redemption Rolled Back",
  "Redemption Lapsed",
  "Redemption Returned",
  "Offer *",
  "Offer Changed",
  "Offer Published",
  "Offer Withdrawn",
  "Play *",
  "Group Buy *",
  "Group Buy Completed",
  "Group Buy Failed",
  "Bargain Started",
  "Bargain Helped",
  "Bargain Completed",
  "Bargain Failed",
  "Assist *",
  "Assist Rewarded",
  "Assist Completed",
  "Assist Failed",
  "Invite Accepted",
  "Invitee Activated",
  "Lottery Drawn",
  "Prize Claimed",
  "Lottery Ended",
  "Checked In",
  "Vote Cast",
  "Entry Submitted",
  "Contest Joined",
  "Contest Settled",
  "Contest Prize Given",
  "Refund Owed",
  "Codes Made",
  "Coupon Received",
  "Flash Sale Reminder Due",
  "Segment *",
  "Segment Entered",
  "Segment Left",
  "Order *",
  "Order Completed",
  "Order Refunded",
  "Alert *",
  "*",
];

export const emptyForm: WebhookFields = { url: "", events: ["Redemption *"], description: "", clients_too: false };

interface Props {
  form: WebhookFields;
  onChange: (form: WebhookFields) => void;
}

export function WebhookForm({ form, onChange }: Props) {
  const { t } = useI18n();
  return (
    <div className="stack webhook-form">
      <Field label={t("webhooks.url")}>
        <Input
          aria-label={t("webhooks.url")}
          placeholder="https://shop.example.com/fanvine"
          value={form.url}
          onChange={(typed) => onChange({ ...form, url: typed.target.value })}
        />
      </Field>
      <Field label={t("webhooks.events")}>
        <Words
          label={t("webhooks.events")}
          separators={[","]}
          value={form.events}
          onChange={(events) => onChange({ ...form, events })}
          options={known.map((value) => ({ value, label: value === "*" ? t("webhooks.everything") : value }))}
        />
      </Field>
      <Field label={t("webhooks.description")}>
        <Input
          aria-label={t("webhooks.description")}
          value={form.description ?? ""}
          onChange={(typed) => onChange({ ...form, description: typed.target.value })}
        />
      </Field>
      <Checkbox
        checked={form.clients_too === true}
        onChange={(ticked) => onChange({ ...form, clients_too: ticked.target.checked })}
      >
        {t("webhooks.clientsToo")}
      </Checkbox>
      <p className="faint">{t("webhooks.clientsAbout")}</p>
    </div>
  );
}
