/** A webhook's secret, shown this once. */
import { Alert } from "antd";
import { useI18n } from "../i18n/i18n";
import { CopyButton } from "../ui/CopyButton";

export function Secret({ secret }: { secret: string }) {
  const { t } = useI18n();
  return (
    <div className="stack">
      <Alert type="success" showIcon title={t("webhooks.secretOnce")} />
      <p className="mono secret">
        {secret} <CopyButton text={secret} label={t("webhooks.copySecret")} />
      </p>
      <p className="faint">{t("webhooks.secretAbout")}</p>
    </div>
  );
}
